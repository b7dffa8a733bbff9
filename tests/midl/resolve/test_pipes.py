from __future__ import annotations

import pytest

from pyorpc.midl import model
from tests.midl.compiling import IMPORT, Folder, interface

LONG = model.Scalar(model.ScalarKind.LONG)


@pytest.mark.parametrize(
    "parameters",
    ["[in] LPIPE p", "[in] LPIPE *p", "[in] pipe long p", "[out] LPIPE *p", "[out] pipe long *p"],
)
def test_a_pipe_is_written_by_value_or_with_one_pointer(folder: Folder, parameters: str) -> None:
    text = IMPORT + "typedef pipe long LPIPE;" + interface(f"HRESULT F({parameters});")
    (method,) = folder.world(text).interfaces["IThing"].methods
    assert [one.type for one in method.pipes] == [model.Pipe(LONG)]


def test_a_pipe_in_a_local_method_is_nothing_that_travels(folder: Folder) -> None:
    body = "HRESULT F([in] BPIPE p); [local] HRESULT G([in, out] BPIPE *p);"
    text = IMPORT + "typedef pipe byte BPIPE;" + interface(body)
    remote, local = folder.world(text).interfaces["IThing"].methods
    assert len(remote.pipes) == 1
    assert local.pipes == ()


def test_a_pipe_carries_structs_that_hold_no_pointers(folder: Folder) -> None:
    text = IMPORT + "struct P { double x; struct { short s; } y; };"
    text += interface("HRESULT F([in] pipe struct P p);")
    world = folder.world(text.replace("struct { short s; } y;", ""))
    (method,) = world.interfaces["IThing"].methods
    assert [one.type for one in method.pipes] == [model.Pipe(model.StructRef("P"))]
