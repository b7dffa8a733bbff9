"""Run every example as a user would: each examples/*/main.py, and examples/*.py, must exit with 0.

Each has 60 seconds and its own PYORPC_HOME; what it prints is shown only if it fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIME_LIMIT_S = 60


def run(program: Path) -> bool:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="orpc-") as home:
        command = ["timeout", "--kill-after=5", str(TIME_LIMIT_S), sys.executable, program.name]
        done = subprocess.run(
            command,
            cwd=program.parent,
            env=os.environ | {"PYORPC_HOME": home},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    name = program.relative_to(ROOT)
    if done.returncode == 0:
        print(f"ok      {name}  {time.monotonic() - started:.1f} s", flush=True)
        return True
    print(f"FAILED  {name}, exit code {done.returncode}:\n{done.stdout}", flush=True)
    return False


def main() -> int:
    folder = ROOT / "examples"
    programs = sorted([*folder.glob("*/main.py"), *folder.glob("*.py")])
    if not programs:
        print("no examples yet")
    passed = [run(program) for program in programs]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
