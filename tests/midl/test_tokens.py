from __future__ import annotations

from pathlib import Path

from pyorpc.midl.source import SourceFile
from pyorpc.midl.tokens import Token


def test_a_copy_stands_where_the_other_token_stands() -> None:
    one = SourceFile(Path("/a.idl"), "a.idl", "ab cd")
    other = SourceFile(Path("/b.idl"), "b.idl", "\n xyz")
    copy = Token("NAME", "ab", one, 0, 2).at(Token("NAME", "xyz", other, 2, 5))
    assert (copy.text, copy.place.source, copy.place.line, copy.place.column) == ("ab", other, 2, 2)
    assert str(copy) == "ab"
    assert repr(copy) == "NAME 'ab'"
