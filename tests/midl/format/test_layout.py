from __future__ import annotations

from tests.midl.format.reading import laid


def test_the_brace_of_an_interface_has_its_own_line_that_of_a_struct_has_not() -> None:
    assert laid("interface A:B {\nHRESULT F();\n};\nstruct S\n{\nlong a;\n};\n") == (
        "interface A : B\n{\n    HRESULT F();\n};\nstruct S {\n    long a;\n};\n"
    )


def test_what_was_written_on_one_line_stays_there_if_it_fits() -> None:
    assert laid("typedef enum E {A,B=4} E;\n") == "typedef enum E { A, B = 4 } E;\n"
    assert laid("interface A : B {HRESULT F();}\n") == "interface A : B { HRESULT F(); }\n"
    assert laid("struct S { struct {byte r,g;} c; };\n") == (
        "struct S { struct { byte r, g; } c; };\n"
    )
    members = ", ".join(f"MEMBER_{number}" for number in range(10))
    assert laid(f"enum E {{ {members} }};\n").count("\n") == 12


def test_members_stand_one_on_a_line() -> None:
    assert laid("enum E {\nA, B,\n   C };\n") == "enum E {\n    A,\n    B,\n    C\n};\n"


def test_one_empty_line_stays_of_several() -> None:
    assert laid("long a;\n\n\n\nlong b;\nlong c;\n\n") == "long a;\n\nlong b;\nlong c;\n"
    assert laid("struct S {\n\n\nlong a;\n\n};\n") == "struct S {\n    long a;\n};\n"


def test_remarks_stay_behind_what_they_are_about() -> None:
    assert laid("enum E {   // of E\nA,// of A\nB // of B\n};   // done\n") == (
        "enum E {  // of E\n    A,  // of A\n    B  // of B\n};  // done\n"
    )


def test_comments_stand_as_deep_as_what_follows() -> None:
    assert laid("interface A : B {\n/* x\n * y */\nlong c;\n// z\n}\n") == (
        "interface A : B\n{\n    /* x\n     * y */\n    long c;\n    // z\n}\n"
    )


def test_preprocessor_lines_stand_at_the_margin() -> None:
    assert laid("interface A : B {\n  #ifdef X\nlong c;\n  # endif\n}\n") == (
        "interface A : B\n{\n#ifdef X\n    long c;\n# endif\n}\n"
    )


def test_labels_have_what_is_theirs_below_them() -> None:
    assert laid("dispinterface D {\nproperties:\n[id(1)] long a;\nmethods:\nlong b();\n}\n") == (
        "dispinterface D\n{\n    properties:\n        [id(1)] long a;\n"
        "    methods:\n        long b();\n}\n"
    )


def test_a_library_holds_its_interfaces_one_step_deeper() -> None:
    assert laid('library L {\nimportlib("a.tlb");\n[default] interface A;\n}\n') == (
        'library L\n{\n    importlib("a.tlb");\n    [default] interface A;\n}\n'
    )


def test_an_empty_block_needs_one_line() -> None:
    assert laid("interface A : B\n{\n}\n") == "interface A : B {}\n"
