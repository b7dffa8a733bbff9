"""A context is one object to its users, and tells about itself and the calling thread."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import (
    APTTYPE,
    COINIT,
    HRESULT,
    THDTYPE,
    ComError,
    Guid,
    IComThreadingInfo,
    IContextCallback,
    IObjectContextInfo,
    IUnknown,
)
from tests.support.probe import in_apartment
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def test_a_context_is_the_same_object_for_all_who_ask() -> None:
    with in_apartment(STA):
        here = pyorpc.get_object_context()
        assert pyorpc.get_object_context() is here
        for iface in (IContextCallback, IComThreadingInfo, IObjectContextInfo, IUnknown):
            assert pyorpc.get_object_context(iface) is here
        assert pyorpc.get_object_context(IContextCallback.IID) is here
        assert here.token == pyorpc.get_context_token()
        private = pyorpc.create_context()
        assert private.run(pyorpc.get_object_context) is private


def test_it_has_its_own_interfaces_only() -> None:
    nothing: Any = None
    with in_apartment(STA):
        for iface, code in ((IProbe, HRESULT.E_NOINTERFACE), (nothing, HRESULT.E_INVALIDARG)):
            with pytest.raises(ComError) as refused:
                pyorpc.get_object_context(iface)
            assert refused.value.hresult == code
    with pytest.raises(ComError) as outside:
        pyorpc.get_object_context()
    assert outside.value.hresult == HRESULT.CO_E_NOTINITIALIZED


@pytest.mark.parametrize(
    ("coinit", "apartment", "thread"),
    [(STA, APTTYPE.MAINSTA, THDTYPE.PROCESSMESSAGES), (MTA, APTTYPE.MTA, THDTYPE.BLOCKMESSAGES)],
)
def test_it_tells_where_the_calling_thread_is(
    coinit: COINIT, apartment: APTTYPE, thread: THDTYPE
) -> None:
    with in_apartment(coinit):
        info = pyorpc.get_object_context(IComThreadingInfo)
        assert (info.GetCurrentApartmentType(), info.GetCurrentThreadType()) == (apartment, thread)
        assert info.GetCurrentLogicalThreadId() == pyorpc.get_current_logical_thread_id()
        other = Guid("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1601")
        info.SetCurrentLogicalThreadId(other)
        assert pyorpc.get_current_logical_thread_id() == other


def test_it_tells_who_it_is() -> None:
    with in_apartment(STA):
        here, private = pyorpc.get_object_context(), pyorpc.create_context()
        assert here.GetContextId() != private.GetContextId()
        assert not private.IsInTransaction()
        assert private.GetActivityId() == Guid("00000000-0000-0000-0000-000000000000")
        assert repr(private).startswith("<private context ")
