from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from pyorpc.midl.language.mended import mended


def bad(text: str) -> list[int]:
    """Refuse each statement with `bad` in it, where that stands."""
    return [match.start() for match in re.finditer("bad", text)]


def test_a_wrong_statement_becomes_space() -> None:
    assert mended("one; bad two; three;", bad) == "one;          three;"
    assert mended("one; {bad} three;", bad) == "one; {   } three;"


def test_lines_stay_where_they_are() -> None:
    assert mended("one;\n bad\n two;\nthree;", bad) == "one;\n    \n     \nthree;"


def test_what_stands_below_stays_if_another_statement_begins_there() -> None:
    assert mended("bad\nHRESULT F();", bad) == "   \nHRESULT F();"
    assert mended("bad\n[in] long a;", bad) == "   \n[in] long a;"


def test_open_braces_are_closed_at_the_end_those_in_comments_do_not_count() -> None:
    assert mended("a { b {", bad) == "a { b {\n};};"
    assert mended('a { } // {\n "{"', bad) == 'a { } // {\n "{"'


@given(st.text(alphabet="ab{};\n [", max_size=40), st.integers(0, 40))
def test_it_ends_and_moves_nothing_whatever_is_refused(text: str, offset: int) -> None:
    """Also if the same place is refused for ever."""
    found = mended(text, lambda now: [min(offset, len(now))])
    assert all(one in (other, " ") for one, other in zip(found, text, strict=False))
    assert len(found) >= len(text)
