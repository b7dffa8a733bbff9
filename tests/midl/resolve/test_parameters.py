from __future__ import annotations

import pytest

from tests.midl.compiling import Folder, method


def test_a_parameter_without_direction_is_in(folder: Folder) -> None:
    assert "def F(self, a: int) -> None:" in folder.module_text(method("long a"))


def test_a_parameter_without_name_gets_one(folder: Folder) -> None:
    assert "def F(self, arg1: int, arg2: str) -> None:" in folder.module_text(
        method("long, [in] BSTR")
    )


@pytest.mark.parametrize(
    ("parameters", "python"),
    [
        ("[in, defaultvalue(-1)] long a", "a: int = -1"),
        ("[in, defaultvalue(TRUE)] boolean a", "a: bool = True"),
        ("[in, defaultvalue(1)] double a", "a: float = 1.0"),
        ('[in, defaultvalue("x")] LPWSTR a', 'a: str = "x"'),
        ("[in, optional] IThing *a", "a: IThing | None = None"),
        ("[in, optional, unique] long *a", "a: int | None = None"),
    ],
)
def test_a_default_is_mapped(folder: Folder, parameters: str, python: str) -> None:
    assert f"def F(self, {python}) -> None:" in folder.module_text(method(parameters))


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ("[in] void a", "0102"),
        ("[in] long a, void", "0121"),
        ("[out] const long *a", "0110"),
        ("[retval] long *a", "0105"),
        ("[in, out, retval] long *a", "0105"),
        ("[out, retval] long *a, [in] long b", "0106"),
        ("[out, retval] long *a, [out, retval] long *b", "0107"),
        ("[in, defaultvalue(1)] long a, [in] long b", "0119"),
        ('[in, defaultvalue("x")] long a', "0305"),
        ("[in, defaultvalue(1)] BSTR a", "0305"),
        ("[in, defaultvalue(300)] byte a", "0304"),
        ("[in, defaultvalue(long)] long a", "0608"),
        ("[in, defaultvalue(MISSING)] long a", "0301"),
        ("[in] long a, [in] long a", "0206"),
        ("[in] Missing a", "0202"),
    ],
)
def test_a_wrong_parameter_list_is_refused(folder: Folder, parameters: str, code: str) -> None:
    assert [one[-4:] for one in folder.refusals(method(parameters))] == [code]


def test_an_out_may_stand_before_what_has_no_default(folder: Folder) -> None:
    text = method("[in, defaultvalue(1)] long a, [out] long *b")
    assert "def F(self, a: int = 1) -> int:" in folder.module_text(text)
