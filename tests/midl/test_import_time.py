"""A generated module of a hundred interfaces is imported in a moment, once it is bytecode."""

from __future__ import annotations

import py_compile
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.midl.compiling import Folder

BENCH = Path(__file__).resolve().parent.parent.parent / "bench" / "import_time.py"
# The time of the processor, so that other processes do not count.
PROGRAM = """
import sys, time
import pyorpc.generated_support
sys.path.insert(0, sys.argv[1])
started = time.process_time()
import thing_idl
print((time.process_time() - started) * 1000)
"""
LIMIT_MS = 50


@pytest.mark.processes
def test_a_hundred_interfaces_are_imported_in_less_than_50_ms(folder: Folder) -> None:
    path = folder.path / "thing_idl.py"
    path.write_text(folder.module_text(runpy.run_path(str(BENCH))["idl"](100)))
    py_compile.compile(str(path), doraise=True)
    times: list[float] = []
    for _ in range(3):
        command = [sys.executable, "-c", PROGRAM, str(folder.path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=25, check=True)
        times.append(float(done.stdout))
    assert min(times) < LIMIT_MS
