"""The language server in a process of its own, as an editor meets it."""

from __future__ import annotations

from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.cli.editor import Editor, editor

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(find_spec("pygls") is None, reason="the extra lsp is not installed"),
]
UUID = "7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b0"
SHAPES = """/// A point.
typedef struct Point { long x; long y; } Point;
"""
CANVAS = f"""import "unknwn.idl";
import "shapes.idl";
[object, uuid({UUID}1), pointer_default(unique)]
interface ICanvas : IUnknown
{{
    /// Draw it.
    HRESULT Draw([in] Point *where, [in] DWORD color);
}};
"""


def files(folder: Path) -> tuple[Path, Path]:
    (folder / "shapes.idl").write_text(SHAPES)
    return folder / "canvas.idl", folder / "shapes.idl"


def words(found: list[dict[str, Any]]) -> list[str]:
    return [one["label"] for one in found]


@pytest.fixture(scope="module")
def server() -> Generator[Editor]:
    with editor() as found:
        yield found


@pytest.fixture
def it(server: Editor) -> Generator[Editor]:
    """An editor that has no file open yet; its server has seen others."""
    yield server
    server.close_all()


def test_mistakes_are_those_of_the_compiler_and_go_when_they_are_repaired(
    it: Editor, tmp_path: Path
) -> None:
    canvas, _ = files(tmp_path)
    uri = it.open(canvas, CANVAS.replace("Point *", "Piont *"))
    (found,) = it.mistakes(uri)
    assert found["code"] == "ORPC0202"
    assert found["message"] == "unknown type 'Piont'; did you mean 'Point'?"
    start = {"line": 6, "character": 22}
    assert found["range"] == {"start": start, "end": {"line": 6, "character": 27}}
    it.change(uri, CANVAS)
    assert it.mistakes(uri) == []


def test_a_file_that_is_not_saved_counts_for_those_that_import_it(
    it: Editor, tmp_path: Path
) -> None:
    canvas, shapes = files(tmp_path)
    uri = it.open(canvas, CANVAS)
    assert it.mistakes(uri) == []
    it.open(shapes, SHAPES.replace("Point", "Dot"))
    (found,) = it.mistakes(uri)
    assert found["code"] == "ORPC0202"


def test_a_mistake_in_an_imported_file_shows_on_the_first_line(it: Editor, tmp_path: Path) -> None:
    canvas, shapes = files(tmp_path)
    shapes.write_text(SHAPES.replace("long y", "lnog y"))
    uri = it.open(canvas, CANVAS)
    found = it.mistakes(uri)
    assert found[0]["message"].startswith("shapes.idl:2: unknown type 'lnog'")
    assert found[0]["range"]["start"] == {"line": 0, "character": 0}


def test_hover_tells_the_declaration_the_documentation_and_the_python(
    it: Editor, tmp_path: Path
) -> None:
    canvas, _ = files(tmp_path)
    uri = it.open(canvas, CANVAS)
    draw = it.at("hover", uri, 6, 14)["contents"]["value"]
    assert "```idl\nHRESULT Draw([in] Point *where, [in] DWORD color);\n```" in draw
    assert "def Draw(self, where: Point, color: int) -> None" in draw
    assert draw.endswith("Draw it.")
    point = it.at("hover", uri, 6, 24)["contents"]["value"]
    assert "struct Point" in point
    assert "A point." in point
    assert "`shapes.idl`, line 2" in point
    assert it.at("hover", uri, 6, 41)["contents"]["value"].startswith("`DWORD`: unsigned long")
    assert it.at("hover", uri, 5, 9) is None  # in a comment


def test_definition_leads_through_imports(it: Editor, tmp_path: Path) -> None:
    canvas, shapes = files(tmp_path)
    uri = it.open(canvas, CANVAS)
    found = it.at("definition", uri, 6, 24)
    assert found["uri"] == shapes.as_uri()
    assert found["range"]["start"] == {"line": 1, "character": 15}
    assert it.at("definition", uri, 1, 12)["uri"] == shapes.as_uri()
    base = it.at("definition", uri, 3, 24)
    assert base["uri"].endswith("/unknwn.idl")
    assert it.at("definition", uri, 6, 41) is None  # DWORD is declared nowhere


def test_the_outline_has_what_is_declared_and_what_is_in_it(it: Editor, tmp_path: Path) -> None:
    _, shapes = files(tmp_path)
    uri = it.open(shapes, SHAPES)
    (point,) = it.ask("textDocument/documentSymbol", textDocument={"uri": uri})
    assert (point["name"], point["detail"]) == ("Point", "struct Point")
    assert [one["name"] for one in point["children"]] == ["x", "y"]


def test_attributes_are_offered_in_brackets_and_types_elsewhere(it: Editor, tmp_path: Path) -> None:
    canvas, _ = files(tmp_path)
    uri = it.open(canvas, CANVAS)
    inside = words(it.at("completion", uri, 2, 9)["items"])
    assert "async_uuid" in inside
    assert "Point" not in inside
    outside = words(it.at("completion", uri, 6, 24)["items"])
    assert {"Point", "DWORD", "ICanvas", "IUnknown"} <= set(outside)
    assert "async_uuid" not in outside


def test_the_layout_is_that_of_the_formatter(it: Editor, tmp_path: Path) -> None:
    _, shapes = files(tmp_path)
    uri = it.open(shapes, SHAPES.replace("long x;", "long   x ;"))
    options = {"tabSize": 4, "insertSpaces": True}
    asked = {"textDocument": {"uri": uri}, "options": options}
    (edit,) = it.ask("textDocument/formatting", **asked)
    assert edit["newText"] == SHAPES
    it.change(uri, SHAPES)
    assert it.ask("textDocument/formatting", **asked) == []
    it.change(uri, "long a; /* never closed")
    assert it.ask("textDocument/formatting", **asked) == []


@pytest.mark.parametrize(
    "typed",
    [
        "    HRESULT Half([in] Po",
        "    HRESULT Half([in, size_is(",
        '    [helpstring("',
        "    HRESULT",
        "/* ",
        "#define",
        "\0\ufffd{{{",
    ],
)
def test_it_answers_about_half_typed_text(it: Editor, tmp_path: Path, typed: str) -> None:
    canvas, shapes = files(tmp_path)
    head, tail = CANVAS[: CANVAS.index("};")], CANVAS[CANVAS.index("};") :]
    uri = it.open(canvas, f"{head}{typed}\n{tail}")
    assert it.mistakes(uri) != []
    assert it.at("definition", uri, 6, 24)["uri"] == shapes.as_uri()
    line = head.count("\n")
    assert it.at("completion", uri, line, len(typed)) is not None
    it.change(uri, head + typed)  # the text ends there
    assert it.mistakes(uri) != []
    assert it.at("definition", uri, 6, 24)["uri"] == shapes.as_uri()


def test_places_count_as_the_editor_does(it: Editor, tmp_path: Path) -> None:
    """An editor counts UTF-16: a character beyond the first plane is two."""
    canvas, _ = files(tmp_path)
    text = CANVAS.replace("HRESULT Draw(", "/* \U0001f600 */ HRESULT Draw(").replace(
        "Point *", "Piont *"
    )
    uri = it.open(canvas, text)
    (found,) = it.mistakes(uri)
    assert found["range"]["start"] == {"line": 6, "character": 31}
    assert "Draw" in it.at("hover", uri, 6, 24)["contents"]["value"]


def test_a_closed_file_has_no_mistakes_and_the_server_ends_with_its_editor(tmp_path: Path) -> None:
    canvas, _ = files(tmp_path)
    with editor("-I", str(tmp_path)) as it:
        uri = it.open(canvas, "long")
        assert it.mistakes(uri) != []
        it.tell("textDocument/didClose", textDocument={"uri": uri})
        assert it.end() == 0
