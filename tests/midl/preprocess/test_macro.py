from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.preprocess.macro import Macro, read_macro
from pyorpc.midl.refused import Refused
from pyorpc.midl.scanner import scan_text
from pyorpc.midl.source import Place, SourceFile

PLACE = Place(SourceFile(Path("/a.idl"), "a.idl", "x"), 0)


def macro_of(text: str) -> Macro:
    return read_macro(scan_text(text), PLACE)


@pytest.mark.parametrize(
    ("text", "parameters", "body"),
    [
        ("A", None, []),
        ("A 1 + 2", None, ["1", "+", "2"]),
        ("A (x)", None, ["(", "x", ")"]),
        ("A()", (), []),
        ("A(x) x", ("x",), ["x"]),
        ("A(x, y) y", ("x", "y"), ["y"]),
        ("A(x, ...) x", ("x", "__VA_ARGS__"), ["x"]),
    ],
)
def test_a_parenthesis_right_behind_the_name_makes_parameters(
    text: str, parameters: tuple[str, ...] | None, body: list[str]
) -> None:
    macro = macro_of(text)
    assert macro.parameters == parameters
    assert [token.text for token in macro.body] == body


@pytest.mark.parametrize(
    "text",
    [
        "defined 1",
        "A(1)",
        "A(x",
        "A(x,",
        "A(x y)",
        "A(x, x)",
        "A ## x",
        "A x ##",
        "A(x) #y",
        "A(x) #",
    ],
)
def test_a_broken_definition_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        macro_of(text)
    assert caught.value.mistake is Mistake.BAD_MACRO


@pytest.mark.parametrize("text", ["", "1", '"a"'])
def test_a_macro_needs_a_name(text: str) -> None:
    with pytest.raises(Refused) as caught:
        macro_of(text)
    assert caught.value.mistake is Mistake.DIRECTIVE_NEEDS
