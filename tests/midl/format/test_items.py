from __future__ import annotations

from pyorpc.midl.format.items import Block, Item, head_word, items_of
from tests.midl.format.reading import cut


def items(text: str) -> list[Item]:
    return items_of(cut(text))


def texts(found: list[Item]) -> list[str]:
    return [" ".join(one.text for one in item.lexemes) for item in found]


def test_a_statement_ends_with_its_semicolon() -> None:
    assert texts(items("long a; struct S { long x; } b;")) == ["long a ;", "struct S b ;"]


def test_an_interface_ends_with_its_brace_or_the_semicolon_behind_it() -> None:
    text = "interface A : B { HRESULT F(); } interface C : B { } ; long d;"
    assert texts(items(text)) == ["interface A : B", "interface C : B ;", "long d ;"]


def test_the_members_of_an_enum_end_with_commas() -> None:
    (item,) = items("typedef enum E { A, B = 4, C } E;")
    (block,) = item.blocks
    assert block.is_enum
    assert texts(block.items) == ["A ,", "B = 4 ,", "C"]


def test_a_comment_behind_a_statement_belongs_to_it() -> None:
    first, second = items("long a; // of a\n// alone\n")
    assert [one.text for one in first.remarks] == ["// of a"]
    assert not second.is_statement


def test_cpp_quote_and_a_macro_on_its_line_need_no_semicolon() -> None:
    assert len(items('cpp_quote("a") cpp_quote("b")\nDECLARE(x)\n[local] interface C;')) == 4
    assert len(items("HRESULT F(\n  long a)\n  ;")) == 1


def test_comments_inside_a_statement_make_it_mixed() -> None:
    assert items("HRESULT F(long a /* of a */);")[0].is_mixed
    assert not items("/* of F */ HRESULT F(long a);")[-1].is_mixed


def test_labels_stand_on_lines_of_their_own() -> None:
    (item,) = items("dispinterface D { properties: methods: long a(); }")
    assert [one.is_label for one in item.blocks[0].items] == [True, True, False]
    (union,) = items("union U switch(long t) u { case 1: long l; default: ; };")
    assert texts(union.blocks[0].items) == ["case 1 : long l ;", "default : ;"]


def test_the_head_word_stands_behind_the_attributes() -> None:
    assert head_word(cut("[object, local] [hidden] interface A")) == "interface"


def test_no_lexeme_is_lost_whatever_the_braces() -> None:
    text = "} { a; { } ) b ] ; { c ( } d"

    def count(found: list[Item]) -> int:
        blocks = [part for item in found for part in item.parts if isinstance(part, Block)]
        marks = sum(1 + (block.closing is not None) + count(block.items) for block in blocks)
        return marks + sum(len(item.lexemes) + len(item.remarks) for item in found)

    assert count(items(text)) == len(cut(text))


def test_very_deep_braces_are_taken() -> None:
    assert items("{" * 5000 + "}" * 5000)
