"""REM-10: channel hooks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, ComError, Guid, IChannelHook, Runtime
from pyorpc.testing import WirePeer
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.garden_server import ADD, THREAD_ID
from tests.support.plain_msgpack import unpack as plain
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
EXTENT = Guid("d0a5b5d0-5d7c-4b8e-9c0a-0a8d3f0c9e11")
OTHER = Guid("d0a5b5d0-5d7c-4b8e-9c0a-0a8d3f0c9e12")
CALL_WITH_ANSWER = [
    "client size",
    "client fill 1",
    "server notify b'!'",
    "server size",
    "server fill 2",
    "client notify b'ok'",
]


class Recorder(IChannelHook):
    """Writes down what it is asked, and on which thread."""

    def __init__(self, sends: bytes = b"!", answers: bytes = b"") -> None:
        self.sends, self.answers = sends, answers
        self.lines: list[str] = []
        self.threads: list[int] = []
        self.seen: set[Any] = set()
        self.faults: list[HRESULT] = []

    def _note(self, line: str, uExtent: Guid, riid: Any) -> None:
        self.lines.append(line)
        self.threads.append(threading.get_ident())
        self.seen.add((uExtent, riid))

    def ClientGetSize(self, uExtent: Guid, riid: Any) -> int:
        self._note("client size", uExtent, riid)
        return len(self.sends)

    def ClientFillBuffer(self, uExtent: Guid, riid: Any, cbDataSize: int) -> bytes:
        self._note(f"client fill {cbDataSize}", uExtent, riid)
        return self.sends

    def ClientNotify(self, uExtent: Guid, riid: Any, data: bytes, hrFault: HRESULT) -> None:
        self._note(f"client notify {data!r}", uExtent, riid)
        self.faults.append(hrFault)

    def ServerNotify(self, uExtent: Guid, riid: Any, data: bytes) -> None:
        self._note(f"server notify {data!r}", uExtent, riid)

    def ServerGetSize(self, uExtent: Guid, riid: Any, hrFault: HRESULT) -> int:
        self._note("server size", uExtent, riid)
        self.faults.append(hrFault)
        return len(self.answers)

    def ServerFillBuffer(
        self, uExtent: Guid, riid: Any, cbDataSize: int, hrFault: HRESULT
    ) -> bytes:
        self._note(f"server fill {cbDataSize}", uExtent, riid)
        return self.answers


class Pair(NamedTuple):
    """A proxy, the thread that its object lives on, and both Runtimes (one, in one process)."""

    pointer: IProbe
    owner: ApartmentThread
    near: Runtime
    far: Runtime

    def hook(self, hook: IChannelHook | None, extent: Guid = EXTENT) -> None:
        """On both sides."""
        assert pyorpc.register_channel_hook(extent, hook) == HRESULT.S_OK
        if self.far is not self.near:
            self.owner.run(pyorpc.register_channel_hook, extent, hook)


@contextmanager
def pair(is_far: bool, probe: Probe | None = None, caller: COINIT = MTA) -> Generator[Pair]:
    with Runtime() as near, Runtime() as other:
        far = other if is_far else near
        with ApartmentThread(far, STA) as owner, near.enter_apartment(caller):
            dest = MSHCTX.LOCAL if is_far else MSHCTX.INPROC
            packet = owner.run(pyorpc.marshal_interface, probe or Probe(), IProbe, dest)
            yield Pair(pyorpc.unmarshal_interface(packet, IProbe), owner, near, far)


BOTH = pytest.mark.parametrize("is_far", [True, False], ids=["process", "apartment"])


@BOTH
@pytest.mark.parametrize("caller", [STA, MTA], ids=["STA", "MTA"])
def test_REM_10_the_order_and_the_threads(is_far: bool, caller: COINIT) -> None:
    with pair(is_far, caller=caller) as it:
        hook = Recorder(b"!", b"ok")
        it.hook(hook)
        assert it.pointer.Add(1, 2) == 3
        assert hook.lines == CALL_WITH_ANSWER
        here, there = threading.get_ident(), it.owner.ident
        assert hook.threads == [here, here, there, there, there, here]
        assert hook.seen == {(EXTENT, IProbe)}
        assert hook.faults == [HRESULT.S_OK, HRESULT.S_OK]


@BOTH
def test_REM_10_a_buffer_is_filled_only_where_there_is_something_to_send(is_far: bool) -> None:
    with pair(is_far) as it:
        hook = Recorder(b"", b"")
        it.hook(hook)
        it.pointer.Add(1, 2)
        assert hook.lines == [
            "client size",
            "server notify b''",
            "server size",
            "client notify b''",
        ]


@BOTH
def test_REM_10_a_failure_is_told_and_takes_data_along(is_far: bool) -> None:
    with pair(is_far) as it:
        hook = Recorder(b"!", b"ok")
        it.hook(hook)
        failures: list[tuple[Callable[[], None], int]] = [
            (lambda: it.pointer.Fail(0x80040200 - 2**32, "as told"), 0x80040200),
            (lambda: it.pointer.Raise("oops"), HRESULT.RPC_E_SERVERFAULT),
        ]
        for failing, expected in failures:
            hook.lines.clear()
            hook.faults.clear()
            with pytest.raises(ComError) as failed:
                failing()
            assert failed.value.hresult == expected
            assert hook.lines == CALL_WITH_ANSWER
            assert hook.faults == [expected, expected]


@BOTH
def test_REM_10_begun_calls_have_hooks_too(is_far: bool) -> None:
    with pair(is_far) as it:
        hook = Recorder(b"!", b"ok")
        it.hook(hook)
        call = pyorpc.create_call(it.pointer, AsyncIProbe)
        call.Begin_Add(1, 2)
        assert call.Finish_Add() == 3
        assert hook.lines == CALL_WITH_ANSWER


@BOTH
def test_REM_10_nested_calls_have_data_of_their_own(is_far: bool) -> None:
    with pair(is_far, caller=STA) as it:
        hook = Recorder(b"!", b"ok")
        it.hook(hook)
        assert it.pointer.CallBack(Probe()) == threading.get_ident()
        assert hook.lines == [*CALL_WITH_ANSWER[:3], *CALL_WITH_ANSWER, *CALL_WITH_ANSWER[3:]]


def test_REM_10_an_extension_that_is_not_known_there_is_skipped() -> None:
    with pair(is_far=True) as it:
        mine, theirs = Recorder(b"mine", b""), Recorder(b"", b"theirs")
        pyorpc.register_channel_hook(EXTENT, mine)
        it.owner.run(pyorpc.register_channel_hook, OTHER, theirs)
        assert it.pointer.Add(1, 2) == 3
        assert mine.lines == ["client size", "client fill 4", "client notify b''"]
        assert theirs.lines == ["server notify b''", "server size", "server fill 6"]
        it.owner.run(pyorpc.register_channel_hook, OTHER, None)
        assert it.pointer.Add(1, 2) == 3  # nobody there knows of hooks
        assert len(theirs.lines) == 3


@BOTH
def test_REM_10_several_hooks_each_get_their_own(is_far: bool) -> None:
    with pair(is_far) as it:
        first, second = Recorder(b"1", b"one"), Recorder(b"2", b"two")
        it.hook(first)
        it.hook(second, OTHER)
        it.pointer.Add(1, 2)
        assert first.lines[2::3] == ["server notify b'1'", "client notify b'one'"]
        assert second.lines[2::3] == ["server notify b'2'", "client notify b'two'"]
        assert second.seen == {(OTHER, IProbe)}
        it.hook(None)
        it.hook(None, OTHER)
        assert it.near.table.hooks is None
        it.pointer.Add(1, 2)
        assert len(first.lines) == 6


@BOTH
def test_REM_10_a_hook_that_raises_or_sends_too_much_harms_no_call(is_far: bool) -> None:
    class Broken(Recorder):
        def _note(self, line: str, uExtent: Guid, riid: Any) -> None:
            raise ZeroDivisionError(line)

    with pair(is_far) as it:
        it.hook(Broken())
        it.hook(Recorder(b"x" * 2**20, b"x" * 2**20), OTHER)
        assert it.pointer.Add(1, 2) == 3
        with pytest.raises(ComError) as failed:
            it.pointer.Fail(HRESULT.E_FAIL - 2**32, "as told")
        assert failed.value.hresult == HRESULT.E_FAIL


def test_REM_10_what_is_no_hook_is_refused() -> None:
    wrong: Any = object()
    nonsense: Any = 7
    with in_apartment(MTA):
        for args in ((EXTENT, wrong), (nonsense, Recorder()), ("nonsense", Recorder())):
            with pytest.raises(ComError) as refused:
                pyorpc.register_channel_hook(*args)
            assert refused.value.hresult == HRESULT.E_INVALIDARG


def serve_hooked(test: Parent, extent: str) -> None:
    """In a child: a probe in the MTA and a hook; then what the hook has seen."""
    hook = Recorder(b"", b"ok")
    with in_apartment(MTA):
        pyorpc.register_channel_hook(extent, hook)
        test.send(pyorpc.marshal_interface(Probe(), IProbe))
        test.receive(300)
        test.send(hook.lines)


def test_REM_10_between_processes_and_from_a_bare_peer(spawn: Spawn) -> None:
    child = spawn(serve_hooked, str(EXTENT))
    packet = child.receive()
    with in_apartment(STA):
        hook = Recorder(b"!")
        pyorpc.register_channel_hook(EXTENT, hook)
        pointer = pyorpc.unmarshal_interface(packet, IProbe)
        assert pointer.Add(1, 2) == 3
        assert hook.lines == ["client size", "client fill 1", "client notify b'ok'"]
        with WirePeer(packet) as peer:
            ipid = peer.objref.ipid
            for extensions in (
                None,
                {},
                {b"short": b"x", OTHER.bytes: b"y", b"": b""},
                {EXTENT.bytes: b"bare"},
            ):
                peer.send(peer.frames(ipid, ADD, (1, 2), extensions=extensions))
                assert peer.receive() == HRESULT.S_OK
                assert plain(peer.body) == 3
                assert peer.answer is not None
                assert peer.answer.extensions == {EXTENT.bytes: b"ok"}
            peer.send(peer.frames(Guid.new(), THREAD_ID, (), extensions={EXTENT.bytes: b"z"}))
            assert peer.receive() == HRESULT.RPC_E_INVALID_OBJECT
            assert peer.answer is not None
            assert peer.answer.extensions is None
        child.send("end")
        lines = child.receive()
    told = [line for line in lines if line.startswith("server notify")]
    assert told == [f"server notify {data!r}" for data in (b"!", b"", b"", b"", b"bare")]
