from __future__ import annotations

from tests.midl.format.reading import laid

LONG = "[in] unsigned long a_parameter_with_a_long_name"


def test_parameters_that_fit_stand_on_one_line() -> None:
    assert laid("HRESULT F(\n  [in] long a,\n  [out] long *b\n);\n") == (
        "HRESULT F([in] long a, [out] long *b);\n"
    )


def test_parameters_that_do_not_fit_stand_one_on_a_line() -> None:
    assert laid(f"HRESULT F({LONG}, {LONG}2, [in, size_is(a, b)] long **c);\n") == (
        f"HRESULT F(\n    {LONG},\n    {LONG}2,\n    [in, size_is(a, b)] long **c);\n"
    )


def test_attributes_go_before_the_method_first() -> None:
    long = f'[id(1), helpstring("{"x" * 60}")]'
    assert laid(f"{long} HRESULT F([in] long a, [in] long b);\n") == (
        f"{long}\nHRESULT F([in] long a, [in] long b);\n"
    )


def test_attributes_that_do_not_fit_stand_one_on_a_line() -> None:
    assert laid(f'[id(1), helpstring("{"x" * 100}")] HRESULT F();\n') == (
        f'[\n    id(1),\n    helpstring("{"x" * 100}")\n]\nHRESULT F();\n'
    )


def test_attributes_of_an_interface_stay_on_the_lines_they_are_on() -> None:
    assert laid("[ object,local ] interface A : B {\nlong c; }\n") == (
        "[object, local]\ninterface A : B\n{\n    long c;\n}\n"
    )
    assert laid("[\nobject,local ] interface A : B {\nlong c; }\n") == (
        "[\n    object,\n    local\n]\ninterface A : B\n{\n    long c;\n}\n"
    )


def test_attributes_of_a_typedef_close_before_the_type() -> None:
    assert laid("typedef [\nv1_enum, helpstring(x)] enum A {\nB } A;\n") == (
        "typedef [\n    v1_enum,\n    helpstring(x)\n] enum A {\n    B\n} A;\n"
    )


def test_what_has_no_good_place_to_break_keeps_its_lines() -> None:
    names = ",\n".join(f'"a_file_with_a_long_name_{number}.idl"' for number in range(4))
    assert laid(f"import {names};\n") == f"import {names};\n".replace(",\n", ",\n    ")
    assert laid(f'cpp_quote("{"x" * 120}")\n') == f'cpp_quote("{"x" * 120}")\n'
