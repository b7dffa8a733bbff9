from __future__ import annotations

import pytest

from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.dispatch import IDispatch, checked_ids, table_of
from pyorpc.remoting.dispatch_table import DispatchTable
from pyorpc.unknown import IUnknown, interface_for


def test_it_is_known_by_its_iid() -> None:
    assert interface_for(IDispatch.IID) is IDispatch


def test_without_a_table_an_object_has_no_members() -> None:
    plain = IDispatch()
    assert plain.GetTypeInfoCount() == 0
    for function, hresult in (
        (lambda: plain.Invoke(1), HRESULT.DISP_E_MEMBERNOTFOUND),
        (lambda: plain.GetIDsOfNames(["a"]), HRESULT.DISP_E_UNKNOWNNAME),
        (lambda: plain.GetTypeInfo(0), 0x8002000B),
    ):
        with pytest.raises(ComError) as refused:
            function()
        assert refused.value.hresult == hresult


def test_the_ids_of_unknown_names_are_told() -> None:
    assert checked_ids([3, 0], ["a", "b"]) == [3, 0]
    with pytest.raises(ComError, match="there is no 'b' here") as refused:
        checked_ids([3, -1], ["a", "b"])
    assert refused.value.outs == ([3, -1],)


def test_the_pointer_says_which_of_two_dual_interfaces_is_meant() -> None:
    class Other(IDispatch):
        DISPATCH_TABLE = DispatchTable("Other")

    class One(IDispatch):
        DISPATCH_TABLE = DispatchTable("One")

    class Better(One):
        DISPATCH_TABLE = DispatchTable("Better")

    class Both(Better, Other):
        pass

    both = Both()
    for iface, of in ((One, Better), (Better, Better), (Other, Other), (IDispatch, Better)):
        assert table_of(both, iface) is of.DISPATCH_TABLE
    assert table_of(both, IUnknown) is Better.DISPATCH_TABLE
