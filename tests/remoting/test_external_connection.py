"""What an object is told about its clients outside."""

from __future__ import annotations

from typing import Any

import pyorpc
from pyorpc import COINIT, MSHCTX, MSHLFLAGS, Runtime
from pyorpc.interfaces.external_connection_idl import IExternalConnection
from tests.support.apartment_thread import ApartmentThread
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class Connected(Probe, IExternalConnection):
    """Notes what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[Any, ...]] = []

    def AddConnection(self, extconn: int, reserved: int) -> int:
        self.told.append(("add", self.ThreadId()))
        return 1

    def ReleaseConnection(self, extconn: int, reserved: int, last_release_closes: bool) -> int:
        self.told.append(("release", self.ThreadId()))
        return 0


def test_an_object_is_told_of_its_first_and_last_client_on_its_own_thread() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as home,
        ApartmentThread(runtime, MTA) as client,
    ):
        probe = Connected()
        packets = [
            home.run(pyorpc.marshal_interface, probe, IProbe, MSHCTX.INPROC, flags)
            for flags in (MSHLFLAGS.NORMAL, MSHLFLAGS.NORMAL, MSHLFLAGS.TABLEWEAK)
        ]
        pointer = client.run(pyorpc.unmarshal_interface, packets[0], IProbe)
        assert probe.told == [("add", home.ident)]
        client.run(pyorpc.release, pointer)
        home.run(pyorpc.release_marshal_data, packets[1])
        wait_until(lambda: probe.told[1:] == [("release", home.ident)], "its last client has gone")
        client.run(pyorpc.unmarshal_interface, packets[2], IProbe)
        wait_until(lambda: probe.told[2:3] == [("add", home.ident)], "a client came by weak packet")


def test_an_object_in_a_private_context_is_told_in_there() -> None:
    class Contextual(Connected):
        def AddConnection(self, extconn: int, reserved: int) -> int:
            self.told.append(("add", pyorpc.get_context_token()))
            return 1

    with in_apartment(STA):
        private = pyorpc.create_context()
        probe = Contextual()
        packet = private.run(pyorpc.marshal_interface, probe, IProbe, MSHCTX.INPROC)
        private.run(pyorpc.release_marshal_data, packet)
        pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC)  # from the default context
        told = [token for event, token in probe.told if event == "add"]
        assert told == [private.token, private.token]


def test_an_object_that_fails_to_note_it_is_marshaled_all_the_same() -> None:
    class Failing(Connected):
        def AddConnection(self, extconn: int, reserved: int) -> int:
            raise ZeroDivisionError

    with Runtime() as runtime, ApartmentThread(runtime, STA) as home:
        probe = Failing()
        packet = home.run(pyorpc.marshal_interface, probe, IProbe, MSHCTX.INPROC)
        assert home.run(pyorpc.unmarshal_interface, packet, IProbe) is probe
