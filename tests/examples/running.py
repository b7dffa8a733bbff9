"""Runs a program of examples/ as a process of its own and gives what it printed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.child import ROOT

EXAMPLES = ROOT / "examples"
DEADLINE_S = 25.0


def run_example(program: str, *arguments: str | Path, timeout_s: float = DEADLINE_S) -> str:
    """Run `examples/<program>`, which must exit with 0 in time."""
    command = [sys.executable, EXAMPLES / program, *arguments]
    done = subprocess.run(
        command,
        cwd=EXAMPLES,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, f"{program} exited with {done.returncode}:\n{done.stdout}"
    return done.stdout
