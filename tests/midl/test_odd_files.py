"""Files that no person would write: deep, long, binary. All end with a refusal that has a place."""

from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, Folder, interface

DEEP = 20_000


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"const long A = " + b"(" * DEEP, "ORPC0023"),
        (b"const long A = " + b"- " * DEEP + b"1;", "ORPC0024"),
        (b"const long A = 1" + b"+1" * DEEP + b";", "ORPC0024"),
        (b"const long A = " + b"1?1:" * DEEP + b"1;", "ORPC0024"),
        (b"const long A = " + b"(long)" * DEEP + b"1;", "ORPC0024"),
        (b"[" * DEEP, "ORPC0020"),
        (b"struct {" * DEEP, "ORPC0025"),
        (b"typedef " + b"pipe " * DEEP + b"long P;", "ORPC0428"),
        (b"typedef " + b"SAFEARRAY(" * DEEP, "ORPC0025"),
        (b"typedef void (*f)(" + b"void (*f)(" * DEEP, "ORPC0025"),
        (b"struct S { long " + b"*" * DEEP + b"a; };", "ORPC0425"),
        (b"struct S { long a" + b"[2]" * DEEP + b"; };", "ORPC0425"),
        (b"struct S " + b"{ struct " * 50 + b"{ long a; } a;" + b" } a;" * 49 + b"};", "ORPC0426"),
        (b"\0" * DEEP, "ORPC0002"),
        (b"const long A\0 = 1;", "ORPC0002"),
        (b"\xff\xfe" * DEEP, "ORPC0001"),
        ("const long A = 1;".encode("utf-16"), "ORPC0001"),
        (b"const hyper A = " + b"9" * DEEP + b";", "ORPC0313"),
        (b"const double A = 1e999;", "ORPC0305"),
    ],
    ids=range(19),
)
def test_an_odd_file_is_refused(folder: Folder, text: bytes, code: str) -> None:
    refusals = folder.refusals(text)
    assert any(one.endswith(code) for one in refusals)


def test_many_closed_parentheses_are_fine(folder: Folder) -> None:
    text = f"const long A = {'(' * DEEP}1{')' * DEEP};"
    assert "A: Final = 1" in folder.module_text(text)


def test_an_empty_file_gives_an_empty_module(folder: Folder) -> None:
    assert folder.module_text("").endswith("check_format(1)\n")


def test_a_long_line_of_descent_is_no_recursion(folder: Folder) -> None:
    bases = "".join(
        interface("", name=f"I{n}", number=n + 10).replace(": IUnknown", f": I{n - 1}")
        for n in range(1, 80)
    )
    assert "class I79(I78):" in folder.module_text(IMPORT + interface("", name="I0") + bases)
