"""What the tests of waits share: an STA that waits, who wakes it, and a filter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

import pyorpc
from pyorpc import (
    COINIT,
    COWAIT,
    HRESULT,
    PENDINGMSG,
    ComError,
    Event,
    IMessageFilter,
    ISynchronizeContainer,
    Runtime,
)
from tests.support.apartment_thread import ApartmentThread, Task
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
DEADLINE_MS = int(DEADLINE_S * 1000)
WAITALL, ALERTABLE = COWAIT.WAITALL, COWAIT.ALERTABLE

wait = pyorpc.wait_for_multiple_handles


def failure(function: Callable[..., object], *args: Any) -> ComError:
    with pytest.raises(ComError) as caught:
        function(*args)
    return caught.value


def code(function: Callable[..., object], *args: Any) -> HRESULT:
    return failure(function, *args).hresult


@contextmanager
def sta_and_mta() -> Generator[tuple[Runtime, ApartmentThread]]:
    """An STA that does what the test says; the test's own thread is in the MTA."""
    with Runtime() as runtime, ApartmentThread(runtime, STA) as sta, runtime.enter_apartment(MTA):
        yield runtime, sta


class Wakes(Probe):
    """Echo sets the event."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event
        self.ran_on = 0

    def Echo(self, text: str) -> str:
        self.ran_on = threading.get_ident()
        self.event.set()
        return text


def inproc_packet(probe: Probe) -> bytes:
    return pyorpc.marshal_interface(probe, IProbe, pyorpc.MSHCTX.INPROC)


def begin_wait(sta: ApartmentThread, handles: list[Any], *rest: Any) -> Task:
    """Have the STA wait, and come back once it does."""
    entered = threading.Event()

    def announced() -> int:
        entered.set()
        return wait(handles, *rest)

    task = sta.begin(announced)
    assert entered.wait(DEADLINE_S)
    return task


class Asked(IMessageFilter):
    """Answers as it is told, and tells what it was asked."""

    def __init__(self, answer: PENDINGMSG) -> None:
        self.answer = answer
        self.pending: list[tuple[int, int]] = []
        self.calls: list[int] = []

    def MessagePending(self, callee: int, tick_count: int, pending_type: int) -> int:
        self.pending.append((callee, pending_type))
        return self.answer

    def HandleInComingCall(
        self, call_type: int, caller: int, tick_count: int, info: pyorpc.INTERFACEINFO
    ) -> int:
        self.calls.append(call_type)
        return pyorpc.SERVERCALL.ISHANDLED


def container() -> ISynchronizeContainer:
    return pyorpc.create_instance(pyorpc.CLSID_SynchronizeContainer, ISynchronizeContainer)
