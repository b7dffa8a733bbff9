"""IMultiQI: several interfaces in one round trip."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, IMultiQI, Runtime
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import INobody, IProbe, IProbeMore

STA = COINIT.APARTMENTTHREADED


def test_what_is_known_is_not_asked_again() -> None:
    with FarRuntime() as far, in_apartment(STA):
        many = far.pointer().QueryInterface(IMultiQI)
        before = pyorpc.statistics().requests_sent
        many.QueryMultipleInterfaces([IProbe, IProbeMore])
        many.QueryMultipleInterfaces([IProbe, IProbeMore])
        assert pyorpc.statistics().requests_sent == before + 1
        assert pyorpc.last_hresult() == HRESULT.S_OK


def test_all_references_that_it_brings_are_given_back() -> None:
    with FarRuntime() as far, in_apartment(STA):
        pointer = far.pointer()
        many = pointer.QueryInterface(IMultiQI)
        [(_, again), (_, more)] = many.QueryMultipleInterfaces([IProbe, IProbeMore])
        assert again is pointer
        assert pyorpc.release(more) == 0
        assert pyorpc.release(pointer) == 1
        assert pyorpc.release(pointer) == 0
        assert far.references() == 0


def test_none_and_no_interface_are_refused() -> None:
    with FarRuntime() as far, in_apartment(STA):
        many: Any = far.pointer().QueryInterface(IMultiQI)
        for asked, hresult in (
            ([], HRESULT.E_INVALIDARG),
            (["IProbe"], HRESULT.E_INVALIDARG),
            ([INobody, INobody], HRESULT.E_NOINTERFACE),
        ):
            with pytest.raises(ComError) as refused:
                many.QueryMultipleInterfaces(asked)
            assert refused.value.hresult == hresult


def test_it_works_between_apartments_too_and_objects_at_home_do_not_answer_it() -> None:
    with (
        Runtime() as runtime,
        ProbeThread(runtime, STA) as host,
        ApartmentThread(runtime, STA) as a,
    ):
        proxy = a.run(pyorpc.unmarshal_interface, host.packet, IProbe)
        many: Any = a.run(proxy.QueryInterface, IMultiQI)
        results = a.run(many.QueryMultipleInterfaces, [INobody, IProbeMore])
        assert [hresult for hresult, _ in results] == [HRESULT.E_NOINTERFACE, HRESULT.S_OK]
        assert a.run(results[1][1].Log) == ""
        with pytest.raises(ComError) as refused:
            Probe().QueryInterface(IMultiQI)
        assert refused.value.hresult == HRESULT.E_NOINTERFACE
