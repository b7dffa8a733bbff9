"""What holds of the layout of any text: the same lexemes, and stable."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyorpc.midl.compile import Compiler
from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.format.formatted import formatted
from pyorpc.midl.format.lexemes import lexemes_of
from tests.midl.format.reading import cut, laid, source

GOOD = sorted((Path(__file__).parent.parent / "good").glob("*.idl"))
BAD = sorted((Path(__file__).parent.parent / "bad").glob("*.idl"))
PIECES = (
    "/* c */", "// c\n", "\n#if X\n", "\n/* a\n * b\n */\n", "\n\n", "\n", "{", "}", ";", ",",
    "(", ")", "[", "]", "*", "=", ":", "enum {", "case 1:", 'cpp_quote("x")', "interface A : B ",
    "\n#if 0\n it's {\n#endif\n", "\\\n", "-", ">", "typedef ", "[in] ", "1", '"s"',
)  # fmt: skip


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_laid_out_file_compiles_to_the_same_module(path: Path, tmp_path: Path) -> None:
    (tmp_path / path.name).write_text(laid(path.read_text()))
    first, second = Compiler([path.parent]), Compiler([path.parent])
    before = first.compile(path, path.parent)
    after = second.compile(tmp_path / path.name, path.parent)
    assert before is not None
    assert after == before


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_a_file_that_does_not_compile_is_laid_out_if_its_words_are_clear(path: Path) -> None:
    text = path.read_text()
    reporter = Reporter()
    lexemes_of(source(text), reporter)
    if not reporter.has_errors:
        laid(text)


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_pieces_stay_the_same_pieces(pieces: list[str]) -> None:
    text = " ".join(pieces)
    before = [one.essence for one in cut(text)]
    assert [one.essence for one in cut(laid(text))] == before


def test_line_ends_of_windows_stay() -> None:
    text = "interface A : B {\r\nlong c;\r\n}\r\n"
    assert formatted(source(text), Reporter()) == ("interface A : B\r\n{\r\n    long c;\r\n}\r\n")


def test_a_file_with_nothing_in_it_stays_empty() -> None:
    assert laid("") == ""
    assert laid("\n \n") == ""


@pytest.mark.parametrize(
    "text",
    ["(", "[", "{", "[a] ", "a[1]", "{}", "F(a)\n", "#if 0\n", "long /**/ ", "a ? b : ", "}", "a<"],
)
def test_a_text_that_makes_no_sense_is_laid_out_in_a_moment(text: str) -> None:
    """20,000 of anything: no recursion, no square of the length."""
    before = lexemes_of(source(text * 20_000), Reporter())
    started = time.process_time()
    found = formatted(source(text * 20_000), Reporter())
    assert time.process_time() - started < 10
    assert found is not None
    assert [one.essence for one in cut(found)] == [one.essence for one in before]
