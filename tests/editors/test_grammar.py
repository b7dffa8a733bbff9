"""The colours of the TextMate grammar, on lines as they occur in IDL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pyorpc.midl.lexer import BASE_WORDS
from tests.editors.textmate import Engine

ROOT = Path(__file__).resolve().parent.parent.parent
EXTENSION = ROOT / "editors" / "vscode"
GRAMMAR: dict[str, Any] = json.loads((EXTENSION / "syntaxes" / "midl.tmLanguage.json").read_text())
FILES = sorted((ROOT / "tests" / "midl" / "good").glob("*.idl")) + sorted(
    (ROOT / "idl").glob("*.idl")
)


def scopes(text: str) -> dict[str, str]:
    """Give the scope of each piece, without the language at its end."""
    return {piece.text: piece.scope.removesuffix(".midl") for piece in Engine(GRAMMAR).pieces(text)}


@pytest.mark.parametrize(
    ("text", "piece", "scope"),
    [
        ("/// a doc", "/// a doc", "comment.line.documentation"),
        ("//// a rule", "//// a rule", "comment.line.double-slash"),
        ("/* a\n b */ long c;", "b", "comment.block"),
        ("/** a\n b */ long c;", "long", "storage.type.base"),
        ("#define N \\\n  4", "4", "constant.numeric.decimal"),
        ("#define N 4\nlong a;", "long", "storage.type.base"),
        ("#include <a.h>", "<a.h>", "string.quoted.other.lt-gt.include"),
        ('import "a.idl";', "import", "keyword.control.import"),
        ('import "a.idl";', '"', "string.quoted.double"),
        ('cpp_quote("a \\" b")', '\\"', "constant.character.escape"),
        ("interface IFoo : IBar {", "interface", "storage.type.interface"),
        ("interface IFoo : IBar {", "IFoo", "entity.name.type.interface"),
        ("interface IFoo : IBar {", "IBar", "support.type.interface"),
        ("[object, local]", "object", "entity.other.attribute-name"),
        (
            "[object, uuid(7d0f4a10-000c-4b6e-8a53-2f0d8c1e9b01)]",
            "7d0f4a10-000c-4b6e-8a53-2f0d8c1e9b01",
            "constant.other.uuid",
        ),
        ("[in, size_is(n * 2)] byte *a", "size_is", "entity.other.attribute-name"),
        ("[in, size_is(n * 2)] byte *a", "n", "variable.other"),
        ("[in, size_is(n * 2)] byte *a", "byte", "storage.type.base"),
        ("typedef [unique] IFoo *P;", "unique", "entity.other.attribute-name"),
        ("[in] [string] LPCWSTR a", "string", "entity.other.attribute-name"),
        ("[\n  // a\n  local\n] interface A", "local", "entity.other.attribute-name"),
        ("long a[N];", "a[N]", ""),
        ("HRESULT Get([in] REFIID riid);", "HRESULT", "support.type"),
        ("HRESULT Get([in] REFIID riid);", "Get", "entity.name.function"),
        ("HRESULT Get([in] REFIID riid);", "in", "entity.other.attribute-name"),
        ("typedef struct S { long a; } S;", "struct", "storage.type"),
        ("const long A = 0x1F;", "0x1F", "constant.numeric.hex"),
        ("const long A = 0x1F;", "const", "storage.modifier"),
        ("const double A = 1.5e3;", "1.5e3", "constant.numeric.decimal"),
        ("case 1: long l;", "case", "keyword.control"),
        ("HRESULT __stdcall F();", "__stdcall", "storage.modifier.calling"),
        ("const boolean A = TRUE;", "TRUE", "constant.language"),
    ],
)  # fmt: skip
def test_a_piece_has_its_colour(text: str, piece: str, scope: str) -> None:
    assert scopes(text)[piece] == scope


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_is_coloured_to_its_end(path: Path) -> None:
    """Nothing opens that does not close: what follows has the colours that it has alone."""
    pieces = Engine(GRAMMAR).pieces(path.read_text() + "\nconst long LAST = 1;\n")
    assert pieces[-6:] == Engine(GRAMMAR).pieces("};\nconst long LAST = 1;\n")[-6:]


@pytest.mark.parametrize("word", sorted(BASE_WORDS))
def test_every_base_type_is_a_type(word: str) -> None:
    assert scopes(f"{word} a;")[word] == "storage.type.base"


def test_the_extension_names_files_that_exist() -> None:
    manifest = json.loads((EXTENSION / "package.json").read_text())
    contributed = manifest["contributes"]
    named = [manifest["main"]]
    named += [one["configuration"] for one in contributed["languages"]]
    named += [one["path"] for one in contributed["grammars"]]
    assert [name for name in named if not (EXTENSION / name).is_file()] == []
    assert contributed["grammars"][0]["scopeName"] == GRAMMAR["scopeName"]
    json.loads((EXTENSION / "language-configuration.json").read_text())


def test_the_extension_starts_the_server_that_there_is() -> None:
    manifest = json.loads((EXTENSION / "package.json").read_text())
    command = manifest["contributes"]["configuration"]["properties"]["midl.command"]["default"]
    assert command == ["pyorpc", "idl", "lsp"]
    assert '"midl"' in (EXTENSION / "extension.js").read_text()
