from __future__ import annotations

import pytest

from tests.midl.compiling import Folder


@pytest.mark.parametrize(
    "text",
    [
        "library L { struct S { long a; }; };",
        "[version(1.0)] library L { [hidden] coclass C { interface I; }; }",
        "coclass C { [default] interface I; }",
        "dispinterface D { properties: methods: [id(1)] void F(); };",
        "namespace A { namespace B { } }",
        "runtimeclass R;",
        'importlib("stdole2.tlb");',
        "union U { long a; float b; };",
        "typedef union U U;",
        "struct S { union { long a; } u; };",
        "typedef union U switch(long t) u { case 1: long a; default: ; } V;",
        "struct S { SAFEARRAY(long) a; };",
    ],
)
def test_what_comes_later_is_refused_once_and_the_rest_is_read(folder: Folder, text: str) -> None:
    refusals = folder.refusals(f"{text}\nconst long = 1;\n")
    assert len([one for one in refusals if one.startswith("1:")]) == 1
    assert refusals[0].endswith("ORPC0901")
    assert refusals[-1] == "2:12 ORPC0020"


def test_an_unclosed_library_ends_with_the_file(folder: Folder) -> None:
    assert folder.refusals("library L { struct S {") == ["1:1 ORPC0901"]
