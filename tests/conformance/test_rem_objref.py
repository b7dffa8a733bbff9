"""REM: OBJREFs that are odd, but not malformed."""

from __future__ import annotations

import struct
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Guid, IUnknown, Runtime
from pyorpc.ids import Iid, Ipid, new_ipid
from pyorpc.wire.objref import Binding, ObjRef, Tower, unpack
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.gardener import Garden, serve_garden
from tests.support.probe import in_apartment
from tests.support.probe_idl import INobody, IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
KINDS = pytest.mark.parametrize("kind", [STA, MTA], ids=["STA", "MTA"])
GONE = (HRESULT.CO_E_OBJNOTCONNECTED, HRESULT.RPC_E_DISCONNECTED, HRESULT.RPC_E_INVALID_OBJECT)


def add(data: bytes, iface: Any = IProbe) -> int:
    pointer = pyorpc.unmarshal_interface(data, iface)
    try:
        probe = pointer.QueryInterface(IProbe)
        try:
            return int(probe.Add(1, 2))
        finally:
            pyorpc.release(probe)
    finally:
        pyorpc.release(pointer)


def failure_of(data: bytes, iface: Any = IProbe) -> HRESULT:
    with pytest.raises(ComError) as failed:
        add(data, iface)
    return failed.value.hresult


def towers(ref: ObjRef, *wanted: Tower) -> ObjRef:
    return ref._replace(bindings=tuple(each for each in ref.bindings if each.tower in wanted))


@KINDS
def test_REM_03_what_an_objref_says_twice_or_beyond_what_is_known(
    spawn: Spawn, kind: COINIT
) -> None:
    garden = Garden(spawn(serve_garden, int(kind), {}))
    ref = unpack(garden.probe)._replace(public_refs=0)
    stray = Binding(0x07, "somewhere.example[135]")  # ncacn_ip_tcp: not ours
    with in_apartment(kind):
        before = garden.ask("refs")[0]
        for odd in (
            ref._replace(bindings=ref.bindings * 3),
            ref._replace(bindings=ref.bindings[::-1]),
            ref._replace(bindings=(stray, *ref.bindings, stray)),
            ref._replace(flags=0x0800 | 0x0004),  # [MS-DCOM] 2.2.18.2: reserved, ignored
            towers(ref, Tower.APARTMENT, Tower.PROCESS_ID, Tower.PROCESS),
        ):
            assert add(odd.pack()) == 3
        assert garden.ask("refs")[0] == before


@KINDS
def test_REM_03_an_objref_with_too_few_bindings_is_refused_and_nobody_hangs(
    spawn: Spawn, kind: COINIT
) -> None:
    garden = Garden(spawn(serve_garden, int(kind), {}))
    ref = unpack(garden.probe)
    with in_apartment(kind):
        no_process = towers(ref, Tower.APARTMENT, Tower.PROCESS)
        assert failure_of(no_process.pack()) == HRESULT.OR_INVALID_OXID
        assert failure_of(ref._replace(bindings=()).pack()) == HRESULT.OR_INVALID_OXID
        nowhere = towers(ref, Tower.PROCESS_ID)
        assert failure_of(nowhere.pack()) in (
            HRESULT.OR_INVALID_OXID,
            HRESULT.RPC_S_SERVER_UNAVAILABLE,
        )
        assert add(garden.probe) == 3  # what knows too little spoils nothing


@KINDS
def test_REM_03_an_objref_of_an_interface_that_nobody_knows(spawn: Spawn, kind: COINIT) -> None:
    garden = Garden(spawn(serve_garden, int(kind), {}))
    ref = unpack(garden.probe)._replace(public_refs=0)
    unheard_of = Guid.new()
    with in_apartment(kind):
        strange = ref._replace(iid=Iid(unheard_of)).pack()
        assert add(strange, IProbe) == 3
        assert add(strange, IUnknown) == 3
        assert failure_of(strange, INobody) == HRESULT.E_NOINTERFACE
        assert failure_of(ref.pack(), unheard_of) == HRESULT.E_NOINTERFACE
        assert add(ref.pack(), IProbe.IID) == 3


@KINDS
def test_REM_03_an_objref_of_an_object_that_is_not_there(spawn: Spawn, kind: COINIT) -> None:
    garden = Garden(spawn(serve_garden, int(kind), {}))
    ref = unpack(garden.probe)
    false = ref._replace(ipid=Ipid(new_ipid(ref.oxid)))
    with in_apartment(kind):
        assert failure_of(false.pack()) in GONE
        assert failure_of(false._replace(public_refs=0).pack()) == HRESULT.CO_E_OBJNOTCONNECTED
        assert failure_of(ref._replace(ipid=Ipid(Guid.new())).pack()) == HRESULT.OR_INVALID_OXID
        assert add(garden.probe) == 3


def test_REM_05_more_references_than_there_are_take_nothing_of_others(spawn: Spawn) -> None:
    garden = Garden(spawn(serve_garden, int(MTA), {}))
    with in_apartment(MTA):
        honest = pyorpc.unmarshal_interface(garden.probe, IProbe)
        wait_until(lambda: garden.ask("refs")[1] == 5, "the claim comes")
        with Runtime() as another, ApartmentThread(another, MTA) as thief:
            greedy = unpack(garden.probe)._replace(public_refs=2**32 - 1)
            assert thief.run(add, greedy.pack()) == 3
        wait_until(lambda: garden.ask("peers") == 1, "the thief has gone")
        public, claimed = garden.ask("refs")
        assert public >= claimed == 5
        assert honest.Add(1, 2) == 3


@pytest.mark.parametrize("kind", [0, 2, 4, 8, 16, 9])
def test_REM_02_a_reference_of_another_type_is_refused(spawn: Spawn, kind: int) -> None:
    """HANDLER, CUSTOM and EXTENDED (8) ones, without the parts that these have."""
    garden = Garden(spawn(serve_garden, int(MTA), {}))
    with in_apartment(MTA):
        odd = garden.probe[:4] + struct.pack("<I", kind) + garden.probe[8:]
        with pytest.raises(ComError):
            pyorpc.unmarshal_interface(odd, IProbe)
        assert add(garden.probe) == 3
