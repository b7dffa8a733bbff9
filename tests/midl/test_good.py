"""Each feature's IDL file gives exactly the committed module, and that module is well laid out."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pyorpc.midl.compile import Compiler

GOOD = Path(__file__).with_name("good")
FILES = sorted(GOOD.glob("*.idl"))
NAMES = [path.stem for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_good_file_gives_its_golden_module(path: Path) -> None:
    compiler = Compiler([])
    module = compiler.compile(path, GOOD)
    assert module is not None, compiler.reporter.render()
    assert module.text == (GOOD / module.file_name).read_text()


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_module_can_be_imported(name: str) -> None:
    module = importlib.import_module(f"tests.midl.good.{name}_idl")
    assert module.check_format is not None


def test_golden_modules_are_laid_out_as_ruff_lays_out() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--check", "--line-length", "100", str(GOOD)],
        capture_output=True,
        text=True,
        check=False,
        timeout=25,
    )
    if "No module named ruff" in done.stderr:
        pytest.skip("ruff is a tool of developers only")
    assert done.returncode == 0, done.stdout


def test_every_golden_module_has_its_idl() -> None:
    modules = {path.stem.removesuffix("_idl") for path in GOOD.glob("*_idl.py")}
    assert modules == set(NAMES)


def test_no_uuid_is_given_twice() -> None:
    """One process imports them all, and knows each interface by its IID."""
    written = Counter(
        uuid.lower()
        for folder in (GOOD, GOOD.parent.parent / "support", GOOD.parent.parent.parent / "idl")
        for path in folder.glob("*.idl")
        for uuid in re.findall(r"uuid\(([0-9a-fA-F-]{36})\)", path.read_text())
    )
    assert [uuid for uuid, times in written.items() if times > 1] == []
