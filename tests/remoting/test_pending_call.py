"""PendingCall: Signal before, inside and after Begin_X; Finish_X once, or never."""

from __future__ import annotations

from typing import Any, cast

import pytest

from pyorpc import HRESULT, ComError, IUnknown
from pyorpc.remoting.pending_call import PendingCall
from tests.support.probe_idl import AsyncIProbe


class Incoming:
    """The part of an IncomingCall that is used."""

    def __init__(self) -> None:
        self.kept: list[object] = []
        self.resumed: list[Any] = []

    def defer(self, keeping: object) -> str:
        self.kept.append(keeping)
        return "deferred"

    def resume(self, produce: Any) -> None:
        self.resumed.append(produce)


def pending_in(incoming: Incoming) -> PendingCall:
    return PendingCall(cast(Any, incoming), AsyncIProbe)


def finish() -> str:
    return "results"


@pytest.mark.parametrize("signals_in_begin", [0, 1, 3])
@pytest.mark.parametrize("signals_later", [1, 3])
def test_finish_runs_once_however_often_it_is_signalled(
    signals_in_begin: int, signals_later: int
) -> None:
    incoming = Incoming()
    pending = pending_in(incoming)
    for _ in range(signals_in_begin):
        pending.signalled()
    assert incoming.resumed == []  # not before Begin has returned
    assert cast(Any, pending.begun(finish)) == "deferred"
    assert incoming.kept == [pending]
    assert len(incoming.resumed) == min(1, signals_in_begin)
    for _ in range(signals_later):
        pending.signalled()
    assert incoming.resumed == [finish]
    assert pending.signal.is_signalled


def test_after_a_begin_that_failed_signals_mean_nothing() -> None:
    incoming = Incoming()
    pending = pending_in(incoming)
    pending.signalled()
    pending.failed()
    pending.signalled()
    assert incoming.resumed == incoming.kept == []


class Factory:
    def __init__(self, answer: IUnknown | ComError) -> None:
        self.answer = answer

    def CreateCall(self, riid: type[IUnknown], outer: IUnknown) -> IUnknown:
        if isinstance(self.answer, ComError):
            raise self.answer
        return self.answer


class Inner(IUnknown):
    """A non-delegating unknown."""

    def __init__(self, call: AsyncIProbe) -> None:
        self.call = call

    def QueryInterface(self, iface: Any) -> Any:
        return self.call


def test_the_call_object_may_be_had_by_a_query_of_its_inner_unknown() -> None:
    call = AsyncIProbe()
    for answer in (call, Inner(call)):
        pending = pending_in(Incoming())
        assert pending.made_by(Factory(answer), IUnknown()) is call
        assert pending.call_object is call


def test_only_e_nointerface_means_that_there_is_none() -> None:
    pending = pending_in(Incoming())
    refusal = ComError(HRESULT.E_NOINTERFACE, "no")
    assert pending.made_by(Factory(refusal), IUnknown()) is None
    with pytest.raises(ComError, match="no memory"):
        pending.made_by(Factory(ComError(HRESULT.E_OUTOFMEMORY, "no memory")), IUnknown())
