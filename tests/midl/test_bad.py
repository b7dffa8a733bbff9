"""Each broken file is refused as the comments on its lines say: `// error ORPC0103: text`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pyorpc.midl.compile import Compiler
from pyorpc.midl.mistakes import Mistake

BAD = Path(__file__).with_name("bad")
FILES = sorted(BAD.glob("*.idl"))
EXPECTED = re.compile(r"// error (ORPC\d{4}: .*?)(?=  // error |$)")

# Mistakes that a text file of a few lines cannot show; other tests do.
SHOWN_ELSEWHERE = {
    Mistake.NOT_UTF8,
    Mistake.IMPORT_NOT_READABLE,
    Mistake.TOO_DEEP,
    Mistake.INCLUDE_NOT_READABLE,
    Mistake.MACRO_TOO_LARGE,
    Mistake.NESTED_TOO_DEEP,
    Mistake.TYPE_DEPTH,
    Mistake.STRUCT_DEPTH,
}


def expected(path: Path) -> list[tuple[int, str]]:
    return [
        (number, text)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for text in EXPECTED.findall(line)
    ]


def refused(path: Path) -> list[tuple[int, str]]:
    compiler = Compiler([])
    assert compiler.compile(path, BAD) is None
    return [
        (one.place.line, f"{one.mistake.code}: {one.text}")
        for one in compiler.reporter.diagnostics()
    ]


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_bad_file_is_refused_where_and_as_it_says(path: Path) -> None:
    assert refused(path) == expected(path) != []


def test_every_mistake_has_its_bad_file() -> None:
    shown = {text[:8] for path in FILES for _, text in expected(path)}
    lacking = {one for one in Mistake if one.code not in shown} - SHOWN_ELSEWHERE
    assert lacking == set()
