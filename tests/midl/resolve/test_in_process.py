from __future__ import annotations

import pytest

from pyorpc.midl.compile import Compiler
from tests.midl.compiling import IMPORT, Folder, interface


def warnings_of(folder: Folder, text: str) -> list[str]:
    compiler = Compiler([])
    world = compiler.check(folder.write(text))
    assert world is not None, compiler.reporter.render()
    assert all(method.is_local for method in world.interfaces["IThing"].methods)
    return compiler.reporter.warnings


@pytest.mark.parametrize(
    "text",
    [
        interface("void F();").replace("object, ", ""),
        interface("void F();", ", odl"),
        interface("void F(); [local] void G();"),
        "[uuid(7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9b77)] library L {" + interface("void F();") + "}",
    ],
)
def test_a_method_that_cannot_be_remote_stays_local_in_such_an_interface(
    folder: Folder, text: str
) -> None:
    (warning,) = warnings_of(folder, IMPORT + text)
    assert "warning: 'F' stays local: method 'F' must return HRESULT" in warning


def test_a_union_of_c_in_a_struct_keeps_a_method_local(folder: Folder) -> None:
    text = "struct S { union { long l; float f; } u; };" + interface("HRESULT F([in] struct S *s);")
    (warning,) = warnings_of(folder, IMPORT + text)
    assert "nothing says which arm of union" in warning


def test_other_interfaces_are_for_remote_calls(folder: Folder) -> None:
    assert folder.refusals(IMPORT + interface("void F();")) != []
    paired = interface("[local] void F(); [call_as(F)] void RemoteF();")
    assert folder.refusals(IMPORT + paired) != []
