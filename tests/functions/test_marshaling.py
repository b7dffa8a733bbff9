"""The marshaling functions refuse null, and what was used already."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
NULL: Any = None


def test_null_is_an_invalid_argument_everywhere() -> None:
    with in_apartment(MTA):
        for use in (
            lambda: pyorpc.marshal_interface(NULL, IProbe),
            lambda: pyorpc.unmarshal_interface(NULL, IProbe),
            lambda: pyorpc.release_marshal_data(NULL),
            lambda: pyorpc.marshal_inter_thread_interface(NULL, IProbe),
            lambda: pyorpc.get_interface_and_release(NULL, IProbe),
            lambda: pyorpc.agile_reference(NULL, IProbe),
        ):
            with pytest.raises(ComError) as refused:
                use()
            assert refused.value.hresult == HRESULT.E_INVALIDARG


@pytest.mark.parametrize("data", [b"", b"MEOW", b"garbage" * 20])
def test_bytes_that_are_no_packet_are_refused(data: bytes) -> None:
    with in_apartment(MTA):
        for use in (
            lambda: pyorpc.unmarshal_interface(data, IProbe),
            lambda: pyorpc.release_marshal_data(data),
        ):
            with pytest.raises(ComError) as refused:
                use()
            assert refused.value.hresult in (
                HRESULT.STG_E_READFAULT,
                HRESULT.RPC_E_INVALID_OBJREF,
            )


def test_a_stream_is_spent_by_its_first_use() -> None:
    with in_apartment(STA):
        probe = Probe()
        stream = pyorpc.marshal_inter_thread_interface(probe, IProbe)
        assert pyorpc.get_interface_and_release(stream, IProbe) is probe
        with pytest.raises(ComError) as spent:
            pyorpc.get_interface_and_release(stream, IProbe)
        assert spent.value.hresult == HRESULT.STG_E_READFAULT


def test_a_stream_that_nobody_takes_gives_its_object_up() -> None:
    with FarRuntime() as far, in_apartment(STA) as runtime:
        stream = pyorpc.marshal_inter_thread_interface(Probe(), IProbe)
        assert len(runtime.exporter.managers()) == 1
        del stream
        wait_until(lambda: pyorpc.pump_waiting_messages() or not runtime.exporter.managers())
        pointer = far.pointer()
        stream = pyorpc.marshal_inter_thread_interface(pointer, IProbe)
        assert pyorpc.release(pointer) == 0
        assert far.references() > 0
        del stream
        wait_until(lambda: far.references() == 0, "nothing is held any more")


def test_an_agile_reference_of_a_proxy_gives_its_references_back_with_its_end() -> None:
    with FarRuntime() as far, in_apartment(STA):
        pointer = far.pointer()
        agile = pyorpc.agile_reference(pointer, IProbe)
        assert pyorpc.release(pointer) == 0
        assert agile.resolve().Add(1, 2) == 3
        del agile
        wait_until(lambda: far.references() == 0, "nothing is held any more")
