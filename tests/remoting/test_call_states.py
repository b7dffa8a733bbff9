"""The tables of a call's life: whole, and true of the calls that there are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import product

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from pyorpc.remoting.call_states import (
    INCOMING,
    OUTGOING,
    IncomingEvent,
    IncomingState,
    OutgoingEvent,
    OutgoingState,
)
from pyorpc.remoting.call_table import CallTable
from pyorpc.remoting.incoming_call import IncomingCall
from pyorpc.remoting.outgoing_call import NOBODY, OutgoingCall
from pyorpc.wire.method import Method
from tests.support.apartment_thread import ApartmentThread
from tests.support.probe import Probe
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S

QUEUED, WITHDRAWN, RUNNING, ENDED = IncomingState
START, CANCEL, END = IncomingEvent
_NOTHING: Method[tuple[()], None] = Method("INothing.Nothing", 3, tuple[()], None)


def test_every_incoming_state_and_event_is_in_the_table_or_never_happens() -> None:
    never = {(RUNNING, START), (ENDED, START), (ENDED, END)}
    assert set(product(IncomingState, IncomingEvent)) == INCOMING.keys() | never
    assert not INCOMING.keys() & never


def test_every_outgoing_state_and_event_is_in_the_table() -> None:
    assert set(product(OutgoingState, OutgoingEvent)) == OUTGOING.keys()


class Stopping(Probe):
    """Stops inside Echo until it may go on."""

    def Echo(self, text: str) -> str:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)
        return super().Echo(text)


class Callee:
    """An STA that takes one call and does with it what the test says."""

    def __init__(self, runtime: Runtime) -> None:
        self.sta = ApartmentThread(runtime, COINIT.APARTMENTTHREADED)
        self.caller = ApartmentThread(runtime, COINIT.MULTITHREADED)
        self.probe = Stopping()
        self._busy, self._free = threading.Event(), threading.Event()
        packet = self.sta.run(pyorpc.marshal_interface, self.probe, IProbe)
        pointer = self.caller.run(pyorpc.unmarshal_interface, packet, IProbe)
        self._blocker = self.sta.begin(self._block)
        assert self._busy.wait(DEADLINE_S)

        def begin() -> AsyncIProbe:
            begun = pyorpc.create_call(pointer, AsyncIProbe)
            begun.Begin_Echo("ran")
            return begun

        self.begun: AsyncIProbe = self.caller.run(begin)
        (self.outgoing,) = runtime.table.outgoing.values()
        assert self.outgoing.incoming is not None
        self.call: IncomingCall = self.outgoing.incoming
        self.table = runtime.table

    def _block(self) -> None:
        self._busy.set()
        assert self._free.wait(DEADLINE_S)

    def apply(self, event: IncomingEvent) -> None:
        if event is CANCEL:
            self.call.cancel()
        elif event is START:
            self._free.set()  # it is next in the queue
            self._settle()
        elif self.call.state is RUNNING:
            self.probe.may_go_on.set()
            self._settle(is_to_end=True)
        elif self.call.state is QUEUED:
            self.call.refuse(ComError(HRESULT.RPC_E_CALL_REJECTED, "no", executed="no"))
        else:  # withdrawn: its turn is its end
            self._free.set()
            self._settle(is_to_end=True)

    def _settle(self, *, is_to_end: bool = False) -> None:
        if self.call.state is not WITHDRAWN and not is_to_end:
            assert self.probe.started.wait(DEADLINE_S)
        else:
            self.outcome()

    def outcome(self) -> object:
        def finish() -> object:
            try:
                return self.begun.Finish_Echo()
            except ComError as error:
                return error.hresult

        return self.caller.run(finish)

    def close(self) -> None:
        self._free.set()
        self.probe.may_go_on.set()
        self._blocker.join()
        del self.begun
        self.caller.close()
        self.sta.close()


@pytest.fixture
def callee() -> Iterator[Callee]:
    with Runtime() as runtime:
        made = Callee(runtime)
        yield made
        made.close()


# From QUEUED along the table, every way that ends; a withdrawn call's turn is its end.
WAYS = [
    (START, END),
    (START, CANCEL, END),
    (START, END, CANCEL),
    (CANCEL, END),
    (CANCEL, CANCEL, END),
    (CANCEL, END, CANCEL),
    (END, CANCEL),
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: " ".join(each.value for each in way))
def test_a_call_goes_the_way_of_the_table(callee: Callee, way: tuple[IncomingEvent, ...]) -> None:
    expected = QUEUED
    for event in way:
        assert callee.call.state is expected
        expected = INCOMING[expected, event]
        callee.apply(event)
    assert callee.call.state is expected is ENDED
    ran = way[0] is START
    assert callee.probe.log == (["ran"] if ran else [])


def call_in(table: CallTable) -> OutgoingCall:
    call = OutgoingCall(table.new_id(), _NOTHING, pyorpc.Guid.new(), NOBODY)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    table.outgoing[call.id] = call
    return call


OUTGOING_STEPS: dict[OutgoingEvent, Callable[[CallTable, OutgoingCall], object]] = {
    OutgoingEvent.ANSWER: lambda table, call: (
        table.replied(call.id, 0, b"\x90") or table.abandoned.pop(call.id, None)
    ),
    OutgoingEvent.GIVE_UP: lambda table, call: table.abandon(call, ComError(HRESULT.E_ABORT)),
    OutgoingEvent.LOSE: lambda table, call: (
        table.finish(call, ComError(HRESULT.RPC_S_CALL_FAILED))
        or table.abandoned.pop(call.id, None)
    ),
}


@pytest.mark.parametrize("way", list(product(OutgoingEvent, repeat=3)))
def test_the_call_table_goes_the_way_of_the_table(way: tuple[OutgoingEvent, ...]) -> None:
    table = CallTable()
    call = call_in(table)
    expected = OutgoingState.WAITING
    first: object = None
    for event in way:
        assert table.state_of(call) is expected
        expected = OUTGOING[expected, event]
        OUTGOING_STEPS[event](table, call)
        first = first or call.error or call.body
        # Whatever came first is what the caller gets.
        assert (call.error or call.body) is first
    assert table.state_of(call) is expected
