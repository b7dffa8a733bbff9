"""Packets made and taken by hand, for the tests of marshaling."""

from __future__ import annotations

from typing import Any

import pyorpc
from pyorpc import COINIT, MSHCTX, MSHLFLAGS, IUnknown
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def packet_of(probe: Probe, flags: MSHLFLAGS = MSHLFLAGS.NORMAL) -> bytes:
    return pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC, flags)


def new_packet(flags: MSHLFLAGS = MSHLFLAGS.NORMAL) -> bytes:
    """Of a probe that nobody else holds."""
    return packet_of(Probe(), flags)


def take(packet: bytes) -> IProbe:
    return pyorpc.unmarshal_interface(packet, IProbe)


def give_up(*pointers: IProbe) -> None:
    assert [pyorpc.release(pointer) for pointer in pointers][-1] == 0


class Connected(Probe):
    """Notes what IExternalConnection is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[Any, ...]] = []

    def AddConnection(self, extconn: int, reserved: int) -> int:
        self.told.append(("add", extconn))
        return 1

    def ReleaseConnection(self, extconn: int, reserved: int, last_release_closes: bool) -> int:
        self.told.append(("release", extconn, last_release_closes))
        return 0


class ILocal(IUnknown):
    """Has no proxy and no stub."""

    IID = pyorpc.Guid("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1401")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]


class Unmarshalable(Probe, ILocal):  # type: ignore[misc]
    """Has an interface that cannot leave."""
