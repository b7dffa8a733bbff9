from __future__ import annotations

from tests.midl.format.reading import laid


def test_comments_among_parameters_keep_their_lines() -> None:
    assert laid("HRESULT F( [in] long a , // the first\n [in] long b /* last */\n );\n") == (
        "HRESULT F([in] long a, // the first\n    [in] long b /* last */\n);\n"
    )


def test_preprocessor_lines_stand_at_the_margin() -> None:
    text = "[\n  object,\n #ifdef X\n  local,\n  #endif\n  uuid(0)\n]\n  interface A : B {\n }\n"
    assert laid(text) == (
        "[\n    object,\n#ifdef X\n    local,\n#endif\n    uuid(0)\n]\ninterface A : B {}\n"
    )


def test_a_line_deeper_in_brackets_stands_deeper() -> None:
    assert laid("F(a, // x\n(b, // y\nc));\n") == "F(a, // x\n    (b, // y\n        c));\n"


def test_a_comment_before_the_brace_stays_before_it() -> None:
    assert laid("interface A : B // why\n{\nlong c;\n}\n") == (
        "interface A : B // why\n{\n    long c;\n}\n"
    )
    assert laid("struct A // why\n{\nlong c;\n};\n") == "struct A // why\n{\n    long c;\n};\n"
