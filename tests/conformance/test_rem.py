"""REM: object references and the remote-unknown protocol."""

from __future__ import annotations

import struct
from uuid import UUID

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, REMINTERFACEREF, ComError, IRemUnknown2
from pyorpc.ids import Guid, Oxid, new_oxid
from pyorpc.testing import WirePeer
from pyorpc.wire.objref import ObjRef, Tower, unpack
from pyorpc.wire.packets import VERSION, AddRef, Count, Kind
from tests.conftest import Spawn
from tests.support.child import Parent
from tests.support.garden_idl import IGarden
from tests.support.garden_server import ADD, answer_to
from tests.support.gardener import Garden, serve_garden
from tests.support.plain_msgpack import unpack as plain
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
EVERY_KIND = pytest.mark.parametrize("kind", [STA, MTA], ids=["STA", "MTA"])


def failure_of(data: bytes) -> HRESULT:
    """Of unmarshaling a packet, or of the first call."""
    with pytest.raises(ComError) as failed:
        pyorpc.unmarshal_interface(data, IProbe).Add(1, 2)
    return failed.value.hresult


@EVERY_KIND
@pytest.mark.parametrize("dest", [MSHCTX.INPROC, MSHCTX.LOCAL])
def test_REM_01_objref_layout(kind: COINIT, dest: MSHCTX) -> None:
    with in_apartment(kind):
        data = pyorpc.marshal_interface(Probe(), IProbe, dest)
        signature, flags, iid = struct.unpack_from("<II16s", data)
        assert signature == 0x574F454D
        assert data[:4] == b"MEOW"
        assert flags == 1
        assert iid == UUID(str(IProbe.IID)).bytes_le
        std_flags, refs, oxid, oid, ipid = struct.unpack_from("<IIQQ16s", data, 24)
        assert (std_flags, refs) == (0, 5)
        assert oxid != 0
        assert oid != 0
        assert UUID(bytes_le=ipid).int != 0
        entries, security_offset = struct.unpack_from("<HH", data, 64)
        assert len(data) == 68 + 2 * entries
        if dest == MSHCTX.INPROC:
            assert (entries, security_offset) == (0, 0)
        else:
            assert 0 < security_offset < entries
            (tower,) = struct.unpack_from("<H", data, 68)
            assert tower == Tower.APARTMENT
            assert data[70:].decode("utf-16-le").startswith("ipc://")
        pyorpc.release_marshal_data(data)


@EVERY_KIND
def test_REM_02_malformed_objref(spawn: Spawn, kind: COINIT) -> None:
    child = spawn(serve_garden, int(kind), {})
    garden = Garden(child)
    with in_apartment(kind):
        inside = pyorpc.marshal_interface(Probe(), IProbe, MSHCTX.INPROC)
        for good in (inside, garden.probe):
            assert failure_of(b"WOEM" + good[4:]) == HRESULT.RPC_E_INVALID_OBJREF
            for kinds in (0, 1 | 4, 3, 16):
                bad = good[:4] + struct.pack("<I", kinds) + good[8:]
                assert failure_of(bad) == HRESULT.RPC_E_INVALID_OBJREF, kinds
            for length in (0, 1, 23, 24, 40, 66, len(good) - 1):
                assert failure_of(good[:length]) == HRESULT.STG_E_READFAULT, length
            stray: ObjRef = unpack(good)._replace(oxid=Oxid(new_oxid()))
            assert failure_of(stray.pack()) == HRESULT(0x80070776)
        assert pyorpc.unmarshal_interface(garden.probe, IProbe).Add(1, 2) == 3


@EVERY_KIND
def test_REM_04_remaddref_with_one_bad_ipid(spawn: Spawn, kind: COINIT) -> None:
    garden = Garden(spawn(serve_garden, int(kind), {}))
    ref = unpack(garden.probe)
    before, _ = garden.ask("refs")
    wanted = [Count(ref.ipid.bytes, 3), Count(Guid.new().bytes, 3)]
    with WirePeer(ref, to_process=True) as peer:
        peer.send_packet(AddRef(VERSION, Kind.ADD_REF, 9, wanted))
        assert peer.receive() == HRESULT.S_FALSE
        assert plain(peer.body) == [HRESULT.S_OK, HRESULT.CO_E_OBJNOTREG]
    assert garden.ask("refs")[0] == before + 3


@EVERY_KIND
def test_REM_04_remaddref_through_IRemUnknown(spawn: Spawn, kind: COINIT) -> None:
    garden = Garden(spawn(serve_garden, int(kind), {}))
    with in_apartment(kind):
        probe = pyorpc.unmarshal_interface(garden.probe, IProbe)
        unknown = pyorpc.remote_unknown(probe)
        ipid = unpack(garden.probe).ipid
        before, _ = garden.ask("refs")
        wanted = [REMINTERFACEREF(ipid, 1, 0), REMINTERFACEREF(Guid.new(), 1, 0)]
        assert unknown.RemAddRef(2, wanted) == [HRESULT.S_OK, HRESULT.CO_E_OBJNOTREG]
        assert pyorpc.last_hresult() == HRESULT.S_FALSE
        assert garden.ask("refs")[0] == before + 1
        unknown.RemRelease(1, wanted[:1])
        assert garden.ask("refs")[0] == before


def steal(test: Parent, packet: bytes, count: int) -> None:
    """In a child: obtain references by hand, and wait to be killed."""
    with in_apartment(MTA):
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        unknown = pyorpc.remote_unknown(probe)
        test.send(unknown.RemAddRef([REMINTERFACEREF(unpack(packet).ipid, count, 0)]))
        test.receive(300)


def test_REM_05_references_by_hand_die_with_their_holder(spawn: Spawn) -> None:
    garden = Garden(spawn(serve_garden, int(MTA), {}))
    with in_apartment(MTA):
        mine = pyorpc.unmarshal_interface(garden.probe, IProbe)
        before, _ = garden.ask("refs")
        thief = spawn(steal, pyorpc.marshal_interface(mine, IProbe), 7)
        assert thief.receive() == [HRESULT.S_OK]
        assert garden.ask("refs")[0] == before + 7
        thief.kill9()
        # The packet's references go, too.
        wait_until(lambda: garden.ask("refs")[0] < before, "what it held is released")
        assert mine.Add(1, 2) == 3


@EVERY_KIND
def test_REM_06_zero_reference_objref(spawn: Spawn, kind: COINIT) -> None:
    garden = Garden(spawn(serve_garden, int(kind), {}))
    before, _ = garden.ask("refs")
    with in_apartment(kind):
        empty = unpack(garden.probe)._replace(public_refs=0)
        probe = pyorpc.unmarshal_interface(empty.pack(), IProbe)
        assert garden.ask("refs")[0] > before  # before its first use
        assert probe.Add(1, 2) == 3
        assert pyorpc.release(probe) == 0
        assert garden.ask("refs") == [before, 0]


@EVERY_KIND
def test_REM_07_version_negotiation(spawn: Spawn, kind: COINIT) -> None:
    garden = Garden(spawn(serve_garden, int(kind), {}))
    ref = unpack(garden.probe)
    mismatch = HRESULT.RPC_E_VERSION_MISMATCH, "no"
    with WirePeer(ref) as peer:
        for version, expected in (
            (VERSION + 0x100, mismatch),
            (VERSION - 0x100, mismatch),
            (VERSION + 1, mismatch),
            (VERSION - 1, (HRESULT.S_OK, "yes")),
            (VERSION, (HRESULT.S_OK, "yes")),
        ):
            frames = peer.frames(ref.ipid, ADD, (1, 2), version=version)
            assert answer_to(peer, frames) == expected, hex(version)


@EVERY_KIND
def test_REM_11_iremunknown2(spawn: Spawn, kind: COINIT) -> None:
    garden = Garden(spawn(serve_garden, int(kind), {}))
    with in_apartment(kind):
        probe = pyorpc.unmarshal_interface(garden.probe, IProbe)
        unknown = pyorpc.remote_unknown(probe).QueryInterface(IRemUnknown2)
        before, _ = garden.ask("refs")
        ipid = unpack(garden.probe).ipid
        hresults, packets = unknown.RemQueryInterface2(ipid, 2, [IGarden.IID, Guid.new()])
        assert hresults == [HRESULT.S_OK, HRESULT.E_NOINTERFACE]
        assert pyorpc.last_hresult() == HRESULT.S_FALSE
        whole, nothing = packets
        assert nothing is None
        assert whole is not None
        found, sample = unpack(whole), unpack(garden.garden)
        assert (found.iid, found.ipid, found.oid) == (IGarden.IID, sample.ipid, sample.oid)
        assert garden.ask("refs")[0] == before + found.public_refs
        assert pyorpc.unmarshal_interface(whole, IGarden).Sift(0, []) == 0
