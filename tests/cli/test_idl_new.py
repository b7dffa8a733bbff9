"""`pyorpc idl new` as users call it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pyorpc.cli.idl import idl

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(idl, arguments)


def test_it_writes_a_file_that_compiles() -> None:
    done = run("new", "ticker", "--async")
    assert (done.exit_code, done.output) == (0, "wrote ticker.idl\n")
    assert run("compile", "ticker.idl").exit_code == 0
    assert "class AsyncITicker(" in Path("ticker_idl.py").read_text()
    assert run("format", "--check", "ticker.idl").exit_code == 0


def test_all_ids_are_new_each_time() -> None:
    texts = [run("new", "ticker", "--async", "-o", "-").stdout for _ in range(2)]
    ids = [one for text in texts for one in UUID.findall(text)]
    assert len(ids) == len(set(ids)) == 6


def test_a_file_that_is_there_is_replaced_only_by_force() -> None:
    Path("ticker.idl").write_text("mine")
    done = run("new", "ticker")
    assert done.exit_code == 1
    assert done.stderr == "Error: ticker.idl is there already; --force replaces it\n"
    assert Path("ticker.idl").read_text() == "mine"
    assert run("new", "ticker", "--force").exit_code == 0
    assert "ITicker" in Path("ticker.idl").read_text()


def test_file_and_interface_may_have_other_names() -> None:
    assert run("new", "ticker", "--interface", "IPrices", "-o", "other.idl").exit_code == 0
    assert "interface IPrices : IUnknown" in Path("other.idl").read_text()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["a b"], "'a b' is no name"),
        (["a", "--interface", "I-A"], "'I-A' is no name"),
        (["a", "--interface", "interface"], "IDL cannot have these names"),
        (["a", "--interface", "IUnknown"], "IDL cannot have these names"),
    ],
)
def test_a_name_that_idl_cannot_have_is_wrong_use(arguments: list[str], why: str) -> None:
    done = run("new", *arguments)
    assert done.exit_code == 2
    assert why in done.stderr
    assert list(Path().iterdir()) == []
