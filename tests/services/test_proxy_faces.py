"""What every proxy answers by itself, whatever its object implements."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from pyorpc.interfaces.call_idl import ICallFactory
from tests.support.far_runtime import FarRuntime
from tests.support.probe import in_apartment
from tests.support.probe_idl import AsyncIProbe, INobody

STA = COINIT.APARTMENTTHREADED
NULL: Any = None


def test_a_call_factory_is_had_without_asking_the_object() -> None:
    with FarRuntime() as far, in_apartment(STA):
        pointer = far.pointer()
        before = pyorpc.statistics().requests_sent
        factory = pointer.QueryInterface(ICallFactory)
        call = factory.CreateCall(AsyncIProbe, None)
        assert pyorpc.statistics().requests_sent == before
        assert call is not None
        call.Begin_Add(1, 2)
        assert call.Finish_Add() == 3


def test_a_call_factory_refuses_null_and_other_interfaces() -> None:
    with FarRuntime() as far, in_apartment(STA):
        factory = far.pointer().QueryInterface(ICallFactory)
        for use, hresult in (
            (lambda: factory.CreateCall(NULL, None), HRESULT.E_INVALIDARG),
            (lambda: factory.CreateCall(INobody, None), HRESULT.E_NOINTERFACE),
        ):
            with pytest.raises(ComError) as refused:
                use()
            assert refused.value.hresult == hresult
