from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyorpc.activation.implementation import CO_E_DLLNOTFOUND, CO_E_ERRORINDLL, Implementation
from pyorpc.errors import HRESULT, ComError


@pytest.fixture(autouse=True)
def modules_of_its_own(tmp_path: Path) -> Iterator[None]:
    """What a test imports from its directory is forgotten afterwards."""
    search_path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = search_path
    for name in set(sys.modules) - modules:
        if str(tmp_path) in repr(sys.modules[name]):
            del sys.modules[name]


def refusal(code: HRESULT, name: str, *directories: Path) -> str:
    with pytest.raises(ComError) as caught:
        Implementation.parse(name).load([str(directory) for directory in directories])
    assert caught.value.hresult == code
    return caught.value.description


@pytest.mark.parametrize(
    ("text", "module", "qualname"),
    [
        ("quotes:Board", "quotes", "Board"),
        ("quotes.server:Board", "quotes.server", "Board"),
        ("_a.b1:Outer.Inner", "_a.b1", "Outer.Inner"),
        ("größe:Maß", "größe", "Maß"),
    ],
)
def test_a_class_is_named_by_its_module_and_its_name_in_it(
    text: str, module: str, qualname: str
) -> None:
    implementation = Implementation.parse(text)
    assert implementation == (module, qualname)
    assert str(implementation) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quotes",
        "quotes:",
        ":Board",
        "quotes:Board:x",
        "quotes.py:1x",
        "a-b:C",
        "a..b:C",
        "a/b:C",
    ],
)
def test_any_other_text_names_no_class(text: str) -> None:
    with pytest.raises(ComError, match=r"expected package\.module:Class") as caught:
        Implementation.parse(text)
    assert caught.value.hresult == HRESULT.E_INVALIDARG


def test_a_class_is_imported_from_the_directories_given_before_all_others(tmp_path: Path) -> None:
    (tmp_path / "shadowed_board.py").write_text("class Board: place = 'first'")
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "shadowed_board.py").write_text("class Board: place = 'later'")
    implementation = Implementation("shadowed_board", "Board")
    board = implementation.load([str(tmp_path), str(tmp_path / "later")])
    assert vars(board)["place"] == "first"
    assert implementation.directory() == str(tmp_path)


def test_a_directory_is_added_once(tmp_path: Path) -> None:
    (tmp_path / "once_board.py").write_text("class Board: pass")
    for _ in range(2):
        Implementation("once_board", "Board").load([str(tmp_path)])
    assert sys.path.count(str(tmp_path)) == 1


def test_a_class_in_a_class_in_a_package_is_found(tmp_path: Path) -> None:
    package = tmp_path / "deep_quotes" / "inner"
    package.mkdir(parents=True)
    for directory in (package, package.parent):
        (directory / "__init__.py").touch()
    (package / "board.py").write_text("class Outer:\n    class Inner: pass")
    implementation = Implementation("deep_quotes.inner.board", "Outer.Inner")
    assert implementation.load([str(tmp_path)]).__qualname__ == "Outer.Inner"
    assert implementation.directory() == str(tmp_path)


def test_a_package_without_init_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "loose_quotes").mkdir()
    (tmp_path / "loose_quotes" / "board.py").write_text("class Board: pass")
    implementation = Implementation("loose_quotes.board", "Board")
    implementation.load([str(tmp_path)])
    assert implementation.directory() == str(tmp_path)


def test_what_is_installed_needs_no_directory() -> None:
    standard = Implementation("json", "JSONDecoder")
    assert standard.load() is json.JSONDecoder
    assert standard.directory() is None
    installed = Implementation("click", "Command")
    installed.load()
    assert installed.directory() is None


def test_a_missing_module_package_or_class_is_named(tmp_path: Path) -> None:
    (tmp_path / "sparse_board.py").write_text("number = 3")
    assert refusal(CO_E_DLLNOTFOUND, "no_such_module:Board") == (
        "there is no module no_such_module for no_such_module:Board"
    )
    assert refusal(CO_E_DLLNOTFOUND, "no_such_package.module:Board") == (
        "there is no module no_such_package for no_such_package.module:Board"
    )
    assert refusal(CO_E_DLLNOTFOUND, "sparse_board.module:Board", tmp_path) == (
        "there is no module sparse_board.module for sparse_board.module:Board"
    )
    assert refusal(CO_E_DLLNOTFOUND, "sparse_board:Board", tmp_path) == (
        "the module sparse_board has no class Board"
    )
    assert refusal(CO_E_DLLNOTFOUND, "sparse_board:number", tmp_path) == (
        "sparse_board:number is no class but 3"
    )


@pytest.mark.parametrize(
    ("source", "place", "text"),
    [
        ("\n1 / 0", 2, "ZeroDivisionError: division by zero"),
        ("\n\nimport no_such_dependency", 3, "No module named 'no_such_dependency'"),
        ("import sys; sys.exit('done')", 1, "SystemExit: done"),
        ("\nclass Board(:", 2, "SyntaxError: "),
    ],
)
def test_a_module_that_cannot_be_imported_is_reported_with_the_line(
    tmp_path: Path, source: str, place: int, text: str
) -> None:
    (tmp_path / "broken_board.py").write_text(source)
    description = refusal(CO_E_ERRORINDLL, "broken_board:Board", tmp_path)
    prefix = f"cannot import broken_board:Board: {tmp_path / 'broken_board.py'}:{place}: "
    assert description.startswith(prefix)
    assert text in description
    assert "\n" not in description
