"""IClientSecurity: the one blanket, told truly."""

from __future__ import annotations

from typing import Any

import pyorpc
from pyorpc import COINIT, HRESULT, IClientSecurity
from tests.support.failures import failure_of
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment

STA = COINIT.APARTMENTTHREADED
NONE_OF_IT = (0, 0, None, 1, 1, None, 0)


def test_calls_are_not_authenticated_and_the_caller_is_anonymous() -> None:
    with FarRuntime() as far, in_apartment(STA):
        pointer = far.pointer()
        security = pointer.QueryInterface(IClientSecurity)
        assert security.QueryBlanket(pointer) == NONE_OF_IT
        assert security.QueryBlanket(pointer).authn_level == 1


def test_what_there_is_can_be_set_and_nothing_else() -> None:
    with FarRuntime() as far, in_apartment(STA):
        pointer = far.pointer()
        security = pointer.QueryInterface(IClientSecurity)
        security.SetBlanket(pointer, *NONE_OF_IT)
        security.SetBlanket(pointer, 0xFFFFFFFF, 0xFFFFFFFF, None, 0, 0, None, 0)
        winnt_connect_impersonate = (10, 0, None, 2, 3, None, 0)
        failure = failure_of(security.SetBlanket, pointer, *winnt_connect_impersonate)
        assert failure == HRESULT.E_NOTIMPL
        assert security.QueryBlanket(pointer) == NONE_OF_IT
        assert failure_of(security.SetBlanket, pointer, *range(8)) == HRESULT.E_INVALIDARG
        assert failure_of(security.CopyProxy, pointer) == HRESULT.E_NOTIMPL


def test_it_speaks_of_proxies_of_its_object_only() -> None:
    null: Any = None
    with FarRuntime() as far, FarRuntime() as other, in_apartment(STA):
        pointer = far.pointer()
        security = pointer.QueryInterface(IClientSecurity)
        for what in (null, Probe(), other.pointer()):
            assert failure_of(security.QueryBlanket, what) == HRESULT.E_INVALIDARG
        assert failure_of(security.QueryBlanket, security) == HRESULT.E_NOINTERFACE
        many = pointer.QueryInterface(pyorpc.IMultiQI)
        assert failure_of(security.SetBlanket, many) == HRESULT.E_NOINTERFACE
