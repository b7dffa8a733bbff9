from __future__ import annotations

from pyorpc.midl.format.comment_lines import comment_lines
from tests.midl.format.reading import cut


def lines(text: str) -> list[str]:
    return comment_lines(cut(text)[0], "    ")


def test_a_comment_follows_its_margin() -> None:
    assert lines("// a") == ["    // a"]
    assert lines("/** a\n  * b\n\t*/") == ["    /** a", "     * b", "     */"]


def test_a_picture_stays_as_it_is() -> None:
    assert lines("/* a\n      -->\n   b  \n*/") == ["    /* a", "      -->", "   b", "*/"]
