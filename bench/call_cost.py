"""What a call costs on this machine: `python bench/call_cost.py --help`."""

from pyorpc.cli.bench import call_cost

if __name__ == "__main__":
    call_cost()
