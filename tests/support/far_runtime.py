"""FarRuntime: another process to the test's own Runtime, but in the test's hands.

Two Runtimes are two processes to each other, so both sides of a call can be looked at, and stopped
at a Gate, from one test.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Self

import zmq

import pyorpc
from pyorpc import COINIT, Runtime
from pyorpc.transport.port import Port
from tests.support.apartment_thread import ApartmentThread
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe


class FarRuntime:
    """A Runtime with one thread in an apartment, where a probe lives."""

    def __init__(
        self, coinit: COINIT = COINIT.MULTITHREADED, probe: Probe | None = None, **settings: Any
    ) -> None:
        self.runtime = Runtime(**settings)
        self.thread = ApartmentThread(self.runtime, coinit)
        self.probe = probe or Probe()

    def packet(self, probe: Probe | None = None) -> bytes:
        """A fresh packet of the probe, or of another object there."""
        return self.thread.run(pyorpc.marshal_interface, probe or self.probe, IProbe)

    def pointer(self) -> IProbe:
        """The probe, as the calling thread's Runtime sees it."""
        return pyorpc.unmarshal_interface(self.packet(), IProbe)

    def references(self) -> int:
        """How many references on the probe are out."""
        manager = self.runtime.exporter.manager_of(self.probe)
        return 0 if manager is None else manager.public_refs

    def objects(self) -> int:
        return len(self.runtime.exporter.managers())

    def has_cancelled_calls(self) -> bool:
        """Whether it has heard that the caller of a call which waits or runs here gave up."""
        table = self.runtime.table
        calls = list(table.incoming.values())
        return bool(table.early_cancels) or any(call.is_cancelled for call in calls)

    def has_mail(self) -> bool:
        """Whether a message lies in its STA's socket, which the busy thread has not looked at."""
        sta = self.runtime.sta_of(self.thread.ident)
        assert sta is not None
        port = sta.inbox
        assert isinstance(port, Port)
        with port._lock:  # a look may take the edge away: the reply that follows has it look again
            return any(raw.get(zmq.EVENTS) & zmq.POLLIN for raw in port._sockets.values())

    def close(self) -> None:
        self.thread.close()
        self.runtime.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


@contextmanager
def two_threads_near() -> Generator[tuple[FarRuntime, ApartmentThread]]:
    """A far probe; the test's thread and another one share the MTA of a near Runtime."""
    with (
        FarRuntime() as far,
        Runtime() as near,
        ApartmentThread(near, COINIT.MULTITHREADED) as other,
        near.enter_apartment(COINIT.MULTITHREADED),
    ):
        yield far, other
