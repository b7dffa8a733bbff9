from __future__ import annotations

import pytest

from pyorpc.midl.language.words_at import import_at, is_in_attributes, is_in_comment, word_at


def split(text: str) -> tuple[str, int]:
    """Give a text and the offset of the `^` in it."""
    return text.replace("^", ""), text.index("^")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("long ^name;", "name"),
        ("long na^me;", "name"),
        ("long name^;", "name"),
        ("long  ^ name;", ""),
        ("^", ""),
        ("// na^me", ""),
        ('"na^me"', ""),
        ("/* name */ na^me", "name"),
    ],
)
def test_the_word_at_a_place(text: str, word: str) -> None:
    assert word_at(*split(text)) == word


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('import "a.i^dl";', "a.idl"),
        ('import "a.idl", "b.^idl";', "b.idl"),
        ("#include <c^.h>", "c.h"),
        ('im^port "a.idl";', ""),
        ('helpstring("a.i^dl")', ""),
    ],
)
def test_the_import_at_a_place(text: str, name: str) -> None:
    assert import_at(*split(text)) == name


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("[^", True),
        ("[in, ^", True),
        ("[size_is(n), ^] long a", True),
        ("[size_is(^", False),
        ("HRESULT F([in] long a, [^", True),
        ("typedef [^", True),
        ("long a[^", False),
        ("long a[3][^", False),
        ("[in] [^", True),
        ("[in] long ^a", False),
        ("[in]; ^", False),
        ("^", False),
    ],
)
def test_where_attributes_are_written(text: str, answer: bool) -> None:
    assert is_in_attributes(*split(text)) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("// a^\nb", True),
        ("// a\n^b", False),
        ("/* a^ */", True),
        ("/* a */^ b", False),
        ("/* a^", True),
        ('"// "^ b', False),
    ],
)
def test_where_a_comment_is(text: str, answer: bool) -> None:
    assert is_in_comment(*split(text)) == answer
