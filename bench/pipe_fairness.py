"""What a saturated pipe does to small calls: `python bench/pipe_fairness.py --help`."""

from pyorpc.cli.bench import pipe_fairness

if __name__ == "__main__":
    pipe_fairness()
