"""The interfaces of the standard files are called like all others: events, and a stream."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Guid, IUnknown
from pyorpc.interfaces.objidl_idl import STATSTG, ISequentialStream, IStream
from pyorpc.interfaces.ocidl_idl import (
    CONNECTDATA,
    IConnectionPoint,
    IConnectionPointContainer,
    IEnumConnectionPoints,
    IEnumConnections,
    IPropertyNotifySink,
)
from tests.conftest import Spawn
from tests.support.child import Parent
from tests.support.kinds import STOP
from tests.support.probe import in_apartment

NOW = datetime(2020, 2, 29, 12, 30, tzinfo=UTC)


class Point(IConnectionPoint):
    """The sinks of IPropertyNotifySink."""

    def __init__(self, container: IConnectionPointContainer) -> None:
        self._container = container
        self.sinks: dict[int, IPropertyNotifySink] = {}

    def GetConnectionInterface(self) -> Guid:
        return IPropertyNotifySink.IID

    def GetConnectionPointContainer(self) -> IConnectionPointContainer:
        return self._container

    def Advise(self, pUnkSink: IUnknown | None) -> int:
        assert pUnkSink is not None
        cookie = max(self.sinks, default=0) + 1
        self.sinks[cookie] = pUnkSink.QueryInterface(IPropertyNotifySink)
        return cookie

    def Unadvise(self, dwCookie: int) -> None:
        if self.sinks.pop(dwCookie, None) is None:
            raise ComError(HRESULT.E_INVALIDARG, f"there is no connection {dwCookie}")

    def EnumConnections(self) -> IEnumConnections:
        return Connections([CONNECTDATA(sink, cookie) for cookie, sink in self.sinks.items()])


class Connections(IEnumConnections):
    """Gives connections one after the other."""

    def __init__(self, all_: list[CONNECTDATA]) -> None:
        self._left = all_

    def Next(self, cConnections: int) -> tuple[list[CONNECTDATA], int]:
        given, self._left = self._left[:cConnections], self._left[cConnections:]
        return given, len(given)


class Control(IConnectionPointContainer, IStream):
    """Has one outgoing interface, and bytes."""

    def __init__(self) -> None:
        self._point = Point(self)
        self._bytes = io.BytesIO(b"0123456789")

    def EnumConnectionPoints(self) -> IEnumConnectionPoints:
        raise NotImplementedError

    def FindConnectionPoint(self, riid: type[IUnknown] | Guid) -> IConnectionPoint:
        if riid not in (IPropertyNotifySink, IPropertyNotifySink.IID):
            raise ComError(HRESULT(0x80040200), "no such events")
        return self._point

    def Read(self, cb: int) -> tuple[bytes, int]:
        found = self._bytes.read(cb)
        return found, len(found)

    def Write(self, pv: bytes, cb: int) -> int:
        written = self._bytes.write(pv)
        for sink in self._point.sinks.values():
            sink.OnChanged(written)
        return written

    def Seek(self, dlibMove: int, dwOrigin: int) -> int:
        return self._bytes.seek(dlibMove, dwOrigin)

    def Stat(self, grfStatFlag: int) -> STATSTG:
        size = len(self._bytes.getvalue())
        return STATSTG("bytes", 2, size, NOW, NOW, NOW, 0, 0, IStream.IID, 0, 0)


class Sink(IPropertyNotifySink):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.changed: list[int] = []

    def OnChanged(self, dispID: int) -> None:
        self.changed.append(dispID)


def serve(test: Parent) -> None:
    """In a child process: serve until the test says stop."""
    with in_apartment(COINIT.MULTITHREADED):
        test.send(pyorpc.marshal_interface(Control(), IConnectionPointContainer))
        assert test.receive(300) == STOP


@pytest.fixture
def control(spawn: Spawn) -> Iterator[IConnectionPointContainer]:
    server = spawn(serve)
    with in_apartment(COINIT.APARTMENTTHREADED):
        yield pyorpc.unmarshal_interface(server.receive(), IConnectionPointContainer)
    server.send(STOP)
    assert server.join() == 0


def test_a_sink_is_told_until_its_connection_ends(control: IConnectionPointContainer) -> None:
    point = control.FindConnectionPoint(IPropertyNotifySink)
    stream = control.QueryInterface(IStream)
    assert point is not None
    assert point.GetConnectionInterface() == IPropertyNotifySink.IID
    sink = Sink()
    cookie = point.Advise(sink)
    assert stream.Write(b"ab", 2) == 2
    connections = point.EnumConnections()
    assert connections is not None
    (connection,), count = connections.Next(5)
    assert (connection.pUnk, connection.dwCookie, count) == (sink, cookie, 1)
    point.Unadvise(cookie)
    assert stream.Write(b"cd", 2) == 2
    assert sink.changed == [2]
    with pytest.raises(ComError, match="no connection"):
        point.Unadvise(cookie)


def test_a_stream_is_read_and_written(control: IConnectionPointContainer) -> None:
    stream = control.QueryInterface(IStream)
    assert stream.Read(4) == (b"0123", 4)
    assert stream.Seek(-2, 2) == 8
    assert stream.QueryInterface(ISequentialStream).Read(100) == (b"89", 2)
    status = stream.Stat(0)
    assert (status.pwcsName, status.cbSize, status.mtime) == ("bytes", 10, NOW)
