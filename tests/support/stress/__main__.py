"""`python -m tests.support.stress`: a stress run by hand, with any seed, as long as one likes."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.support.stress.run import Report, Run


def stress(seed: int, seconds: float, processes: int, *, is_calm: bool, shows: bool) -> Report:
    """One run in a home of its own."""

    def progress(now_s: float) -> None:
        print(f"\rseed {seed}: {now_s:5.1f} of {seconds:g} s ", end="", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp", ignore_cleanup_errors=True) as place:
        run = Run(seed, seconds, processes, Path(place), is_calm=is_calm)
        report = run.go(progress) if shows else run.go()
    if shows:
        print(file=sys.stderr)
    return report


def main() -> int:
    """Exit code 0: nothing was left, in any run; 1: something was, and the report says what."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.support.stress",
        description="Processes use each other at random, by seed; at the end nothing may be left.",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the first run (default: 1)")
    parser.add_argument("--runs", type=int, default=1, help="with so many seeds in a row")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each run (default: 10)")
    parser.add_argument("--processes", type=int, default=3, help="at once (default: 3)")
    parser.add_argument(
        "--calm",
        action="store_true",
        help="kill, freeze and disconnect nothing: then no call may fail by itself",
    )
    options = parser.parse_args()
    failed = 0
    for seed in range(options.seed, options.seed + options.runs):
        report = stress(
            seed,
            options.seconds,
            options.processes,
            is_calm=options.calm,
            shows=sys.stderr.isatty(),
        )
        print(report, flush=True)
        failed += bool(report.failures)
    if options.runs > 1:
        print(f"{failed} of {options.runs} runs failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
