"""A server process whose levels a test can ask for while it uses it."""

from __future__ import annotations

from typing import Any

import pyorpc
from pyorpc import CLSCTX, COINIT, ComError, Runtime
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Child, Parent
from tests.support.class_server import ServedX, ServedY
from tests.support.levels import Levels, levels
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
KINDS = {"STA": STA, "MTA": MTA}


class Wasteful(Probe):
    """Its frames hold objects when it raises."""

    def Raise(self, text: str) -> None:
        in_the_frame = Probe()
        raise ValueError(f"{text} {in_the_frame.log}")

    def Fail(self, hresult: int, text: str) -> None:
        in_the_frame = Probe()
        raise ComError(hresult, f"{text} {in_the_frame.log}")


def serve_leaks(test: Parent) -> None:
    """In a child process: say the packets of one object in each apartment, then the levels."""
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as sta,
        ApartmentThread(runtime, MTA) as mta,
    ):
        probes = {"STA": (sta, Wasteful()), "MTA": (mta, Wasteful())}
        for thread, probe in probes.values():
            thread.run(pyorpc.lock_object_external, probe, True)
        for thread, served in ((sta, ServedX), (mta, ServedY)):
            thread.run(pyorpc.register_class_object, served, served, CLSCTX.LOCAL_SERVER)
        test.send(list(runtime.network.process_endpoints()))
        while (asked := test.receive(300)) != "stop":
            if asked == "levels":
                test.send(list(levels(runtime)))
            else:
                thread, probe = probes[asked]
                test.send(thread.run(pyorpc.marshal_interface, probe, IProbe))


class LeakServer:
    """Such a child, as its test sees it."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.endpoint: str = child.receive()[0]

    def levels(self) -> Levels:
        self.child.send("levels")
        found: list[Any] = self.child.receive()
        return Levels(*found)

    def packet(self, kind: str) -> bytes:
        """A packet of the object in its STA or its MTA."""
        self.child.send(kind)
        packet: bytes = self.child.receive()
        return packet
