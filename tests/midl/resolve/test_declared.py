from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.model import ScalarKind
from pyorpc.midl.resolve.declared import (
    Base,
    Broken,
    CArray,
    CType,
    InterfaceRecord,
    Pointer,
    Void,
    type_name,
)
from pyorpc.midl.source import Place, SourceFile

PLACE = Place(SourceFile(Path("/a"), "a", ""), 0)
LONG = Base(ScalarKind.LONG, "long")


@pytest.mark.parametrize(
    ("ctype", "name"),
    [
        (Void(), "void"),
        (Broken(), "type"),
        (LONG, "long"),
        (Pointer(LONG), "long *"),
        (Pointer(Pointer(LONG)), "long **"),
        (CArray(LONG, 3, PLACE), "long[]"),
        (InterfaceRecord("IFoo", PLACE), "IFoo"),
    ],
)
def test_a_type_is_named_as_it_is_written(ctype: CType, name: str) -> None:
    assert type_name(ctype) == name
