"""`pyorpc register`, `unregister` and `classes`, as a user types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyorpc.activation.catalog import Catalog, CatalogEntry
from pyorpc.cli.main import run
from pyorpc.ids import Clsid, Guid

BOARD = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1a01"))
CLOCK = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1a02"))
SOURCE = f"""
from pyorpc.activation.coclass import coclass
from pyorpc.activation.threading_model import ThreadingModel

@coclass("{BOARD}", "Quotes.Board", ThreadingModel.BOTH)
class Board: pass

@coclass("{CLOCK}")
class Clock: pass

class Plain: pass
"""


@pytest.fixture
def quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory with the module `cli_quotes`, which no test before has imported."""
    directory = tmp_path / "my quotes"
    directory.mkdir()
    (directory / "cli_quotes.py").write_text(SOURCE)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield directory
    sys.modules.pop("cli_quotes", None)


def served(*options: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "pyorpc", "serve", *options)


# ---- register ----------------------------------------------------------------------------


def test_a_class_of_the_current_directory_is_registered_with_what_it_says_of_itself(
    quotes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(quotes)
    assert run(["register", "cli_quotes:Board"]) == 0
    assert Catalog().classes() == [
        CatalogEntry(
            clsid=BOARD,
            progid="Quotes.Board",
            argv=served("--path", str(quotes), "cli_quotes:Board"),
            implementation="cli_quotes:Board",
            directory=str(quotes),
            threading_model="Both",
        )
    ]
    assert capsys.readouterr().out == (
        f"registered Quotes.Board ({BOARD}): "
        f"{sys.executable} -m pyorpc serve --path '{quotes}' cli_quotes:Board\n"
    )


def test_several_classes_are_registered_from_another_directory(quotes: Path) -> None:
    names = ["cli_quotes:Board", "cli_quotes:Clock"]
    assert run(["register", "--path", str(quotes), *names]) == 0
    assert [entry.implementation for entry in Catalog().classes()] == [names[1], names[0]]
    assert Catalog().find(CLOCK).threading_model == "Apartment"


def test_the_stored_command_imports_the_class_wherever_it_is_started(quotes: Path) -> None:
    assert run(["register", "--path", str(quotes), "cli_quotes:Board"]) == 0
    argv = Catalog().find(BOARD).argv
    directory = argv[argv.index("--path") + 1]
    code = (
        "import sys; from pyorpc.activation.implementation import Implementation;"
        "print(Implementation.parse(sys.argv[2]).load([sys.argv[1]]).__name__)"
    )
    done = subprocess.run(
        [argv[0], "-c", code, directory, argv[-1]],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=25,
        check=True,
    )
    assert done.stdout == "Board\n"


def test_what_the_class_needs_from_pythonpath_is_stored_too(
    quotes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{quotes}::relative")
    assert run(["register", "--path", str(quotes), "cli_quotes:Board"]) == 0
    relative = str(tmp_path / "relative")
    assert Catalog().find(BOARD).argv == served(
        "--path", str(quotes), "--path", relative, "cli_quotes:Board"
    )


def test_a_command_of_ones_own_is_stored_word_by_word(quotes: Path) -> None:
    command = ["--command", "/opt/board --name 'two words'"]
    assert run(["register", "--path", str(quotes), *command, "cli_quotes:Board"]) == 0
    entry = Catalog().find("Quotes.Board")
    assert entry.argv == ("/opt/board", "--name", "two words")
    assert entry.implementation == "cli_quotes:Board"


def test_a_server_that_is_not_in_python_is_registered_by_its_clsid() -> None:
    options = ["--command", "/opt/board", "--progid", "Other.Board"]
    assert run(["register", *options, "{" + str(BOARD) + "}"]) == 0
    assert Catalog().classes() == [
        CatalogEntry(clsid=BOARD, progid="Other.Board", argv=("/opt/board",))
    ]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "Missing argument"),
        (["cli_quotes"], "names no class: expected package.module:Class"),
        (["cli_quotes.py"], "names no class: expected package.module:Class"),
        ([str(BOARD)], "needs --command"),
        (["--progid", "A.B", "cli_quotes:Board"], "--progid belongs to one class"),
        (["--progid", "A.B", "--command", "x", str(BOARD), str(CLOCK)], "--progid belongs to one"),
        (["--command", "'", str(BOARD)], "No closing quotation"),
        (["--command", " ", str(BOARD)], "it is empty"),
        (["--path", "/no/such/directory", "cli_quotes:Board"], "does not exist"),
    ],
)
def test_wrong_use_ends_with_2_and_stores_nothing(
    quotes: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    assert quotes.is_dir()
    assert run(["register", *arguments]) == 2
    assert text in capsys.readouterr().err
    assert Catalog().classes() == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("no_such_module:Board", "there is no module no_such_module"),
        ("cli_quotes:Desk", "the module cli_quotes has no class Desk"),
        ("cli_quotes:Plain", "has no CLSID: decorate the class with @coclass(...)"),
    ],
)
def test_a_class_that_cannot_be_registered_ends_with_1_and_nothing_is_stored(
    quotes: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    assert run(["register", "--path", str(quotes), "cli_quotes:Board", name]) == 1
    error = capsys.readouterr().err
    assert text in error
    assert "Traceback" not in error
    assert Catalog().classes() == []


# ---- unregister --------------------------------------------------------------------------


def test_classes_are_forgotten_by_clsid_or_progid(capsys: pytest.CaptureFixture[str]) -> None:
    Catalog().register_local_server(BOARD, ["/opt/board"], "Quotes.Board")
    Catalog().register_local_server(CLOCK, ["/opt/clock"])
    assert run(["unregister", "quotes.board", str(CLOCK)]) == 0
    assert capsys.readouterr().out == (
        f"unregistered Quotes.Board ({BOARD})\nunregistered {CLOCK}\n"
    )
    assert Catalog().classes() == []


@pytest.mark.parametrize(
    ("name", "code"), [(str(BOARD), "REGDB_E_CLASSNOTREG"), ("Quotes.Board", "CO_E_CLASSSTRING")]
)
def test_a_class_that_is_not_registered_cannot_be_forgotten(
    capsys: pytest.CaptureFixture[str], name: str, code: str
) -> None:
    assert run(["unregister", name]) == 1
    assert code in capsys.readouterr().err


# ---- classes -----------------------------------------------------------------------------


def test_the_classes_are_listed_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    Catalog().register_local_server(BOARD, ["/opt/board", "[bold]"], "Quotes.Board")
    Catalog().register_local_server(CLOCK, ["/opt/clock"])
    assert run(["classes"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["ProgID", "CLSID", "Model", "Class", "Server"],
        ["-", str(CLOCK), "-", "-", "/opt/clock"],
        ["Quotes.Board", str(BOARD), "-", "-", "/opt/board", "'[bold]'"],
    ]


def test_the_classes_are_written_as_json(quotes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["register", "--path", str(quotes), "--command", "/b", "cli_quotes:Board"]) == 0
    capsys.readouterr()
    assert run(["classes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "clsid": str(BOARD),
            "progid": "Quotes.Board",
            "argv": ["/b"],
            "implementation": "cli_quotes:Board",
            "directory": str(quotes),
            "threading_model": "Both",
        }
    ]


def test_an_empty_catalog_says_so_and_is_an_empty_list_in_json(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["classes"]) == 0
    assert capsys.readouterr().out == f"No class is registered in {home}.\n"
    assert run(["classes", "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"
    assert os.listdir(home) == []  # noqa: PTH208


def test_on_a_terminal_the_list_is_as_wide_as_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "90")
    Catalog().register_local_server(BOARD, ["/opt/" + "board" * 20], "Quotes.Board")
    assert run(["classes"]) == 0
    out = capsys.readouterr().out
    assert str(BOARD) in out
    assert len(out.splitlines()) > 2


def test_help_is_there_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("register", "unregister", "classes"):
        assert run([name, "--help"]) == 0
        assert f"Usage: pyorpc {name}" in capsys.readouterr().out
