from __future__ import annotations

from pyorpc.midl.resolve.holder import NULLABLE_KINDS, Holder
from pyorpc.midl.resolve.siblings import Siblings
from pyorpc.midl.source import Place, SourceFile


def test_a_holder_is_an_in_field_unless_it_is_told_otherwise() -> None:
    place = Place(SourceFile.__new__(SourceFile), 0)
    holder = Holder("a", place, Siblings("field", {}), "unique")
    assert (holder.is_parameter, holder.is_in, holder.is_out) == (False, True, False)
    assert holder.default_pointer in NULLABLE_KINDS
