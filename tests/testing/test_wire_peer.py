"""WirePeer speaks to a real Runtime, in its own words or in any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from pyorpc.testing import WirePeer
from pyorpc.wire.objref import ObjRef, unpack
from pyorpc.wire.packets import VERSION, Bootstrap, Fault, Hello, Kind, Ping, Reply, Request
from tests.support.apartment_thread import ApartmentThread
from tests.support.plain_msgpack import pack
from tests.support.plain_msgpack import unpack as plain
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe


class Server(NamedTuple):
    packet: bytes
    ref: ObjRef
    probe: Probe


@pytest.fixture(params=[COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED])
def server(request: Any) -> Iterator[Server]:
    with Runtime() as runtime, ApartmentThread(runtime, request.param) as thread:
        probe = Probe()
        packet = thread.run(pyorpc.marshal_interface, probe, IProbe)
        yield Server(packet, unpack(packet), probe)


def test_a_call_returns_what_the_method_returned(server: Server) -> None:
    with WirePeer(server.packet) as peer:
        peer.send(peer.frames(server.ref.ipid, 3, (2, 3)))
        assert peer.receive(10) == HRESULT.S_OK
        assert isinstance(peer.answer, Reply)
        assert plain(peer.body) == 5
        assert peer.executed == "yes"
        assert peer.welcome is not None
        assert peer.welcome.process_id == server.ref.process_id


def test_a_failure_is_returned_as_its_hresult(server: Server) -> None:
    with WirePeer(server.ref) as peer:
        peer.send(peer.frames(server.ref.ipid, 10, [-1, "as I was told"]))
        assert peer.receive(10) == 0xFFFFFFFF
        assert isinstance(peer.answer, Fault)
        assert peer.answer.description == "as I was told"
        assert peer.executed == "yes"


@pytest.mark.parametrize("form", ["guid", "text", "bytes", "uuid"])
def test_an_ipid_and_a_body_may_be_given_in_any_form(server: Server, form: str) -> None:
    ipid = server.ref.ipid
    forms: dict[str, Any] = {
        "guid": ipid,
        "text": str(ipid),
        "bytes": ipid.bytes,
        "uuid": UUID(bytes=ipid.bytes),
    }
    with WirePeer(server.packet) as peer:
        peer.send(peer.frames(forms[form], 4, pack(["same"])))
        assert peer.receive() == 0
        assert plain(peer.body) == "same"


def test_the_frames_of_a_request_are_what_the_specification_says(server: Server) -> None:
    with WirePeer(server.packet) as peer:
        header, body = peer.frames(
            b"short", 7, b"\xc1", flags=6, version=0x203, causality=b"", depth=-1, call_id=0
        )
        assert plain(header) == [0x203, Kind.REQUEST, 0, b"short", 7, 6, b"", -1, None, None, 0]
        assert body == b"\xc1"
        good = msgspec.msgpack.decode(peer.frames(server.ref.ipid, 3, ())[0], type=Request)
        assert good == Request(
            VERSION, Kind.REQUEST, 1, server.ref.ipid.bytes, 3, 0, peer.causality, 1
        )


def test_no_answer_in_time_is_a_timeout(server: Server) -> None:
    with WirePeer(server.packet) as peer:
        peer.send([b"\xc1 garbage", b"", b""])
        with pytest.raises(TimeoutError) as late:
            peer.receive(0.1)
        assert isinstance(late.value, ComError)
        assert late.value.hresult == HRESULT.RPC_E_TIMEOUT
        peer.send(peer.frames(server.ref.ipid, 3, (1, 1)))
        assert peer.receive() == 0


def test_without_a_hello_a_server_takes_no_request(server: Server) -> None:
    with WirePeer(server.packet, greets=False) as peer:
        peer.send(peer.frames(server.ref.ipid, 4, ("unheard",)))
        assert peer.receive() == HRESULT.RPC_E_INVALID_HEADER
        assert peer.executed == "no"
        assert server.probe.log == []
        assert isinstance(peer.hello(), Hello)
        peer.send_packet(peer.hello())
        peer.send(peer.frames(server.ref.ipid, 4, ("heard",)))
        assert peer.receive() == 0


def test_it_also_reaches_the_housekeeping_of_a_process(server: Server) -> None:
    with WirePeer(server.packet, to_process=True) as peer:
        peer.send_packet(Bootstrap(VERSION, Kind.BOOTSTRAP, 5))
        assert peer.receive() == HRESULT.REGDB_E_CLASSNOTREG
        assert isinstance(peer.answer, Fault)
        assert peer.answer.call_id == 5
        peer.send_packet(Ping(VERSION, Kind.PING, 6, 3))
        assert peer.receive() == HRESULT.OR_INVALID_SET


def test_it_notices_that_it_is_cut_off(server: Server) -> None:
    with WirePeer(server.packet) as peer:
        peer.send(peer.frames(server.ref.ipid, 3, (1, 1)))
        assert peer.receive() == 0
        assert not peer.await_cut(0.01)
        peer.send([b"x" * (65 * 1024 * 1024)])
        assert peer.await_cut()


def test_a_packet_for_use_inside_its_process_leads_nowhere() -> None:
    with Runtime() as runtime, runtime.enter_apartment():
        packet = pyorpc.marshal_interface(Probe(), IProbe, pyorpc.MSHCTX.INPROC)
        with pytest.raises(ComError) as refused:
            WirePeer(packet)
        assert refused.value.hresult == HRESULT.OR_INVALID_OXID


def test_closing_twice_does_no_harm(server: Server) -> None:
    peer = WirePeer(server.packet)
    peer.close()
    peer.close()
