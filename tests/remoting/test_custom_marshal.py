"""Objects that write their own packets, and the classes that read them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pyorpc
from pyorpc import (
    COINIT,
    HRESULT,
    MSHCTX,
    MSHLFLAGS,
    CLSID_StdMarshal,
    ComError,
    Guid,
    IMarshal,
    IUnknown,
    Runtime,
    ThreadingModel,
    coclass,
)
from pyorpc.activation.coclass import record_of
from pyorpc.wire.objref import unpack
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.failures import failure_of
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, alive, in_apartment, serve_probe
from tests.support.probe_idl import INobody, IProbe, IProbeMore

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
CLSID = Guid("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1601")


@coclass(CLSID, threading_model=ThreadingModel.BOTH)
class Value(Probe, IMarshal):
    """Travels by value: its log. Notes what it is asked."""

    asked: list[tuple[Any, ...]]
    all_asked: list[tuple[Any, ...]] = []  # noqa: RUF012  # of the objects that read

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.log = [text]
        self.asked = []

    def GetUnmarshalClass(self, riid: Any, dest: int, flags: int) -> Guid:
        self.asked.append(("class", riid, dest, flags))
        return CLSID

    def MarshalInterface(self, riid: Any, dest: int, flags: int) -> bytes:
        self.asked.append(("write", riid, dest, flags))
        return self.log[0].encode()

    def UnmarshalInterface(self, data: bytes, riid: Any) -> IUnknown:
        self.all_asked.append(("read", data, riid))
        if data == b"unreadable":
            raise ComError(HRESULT.E_FAIL, "unreadable")
        return Value(data.decode())

    def ReleaseMarshalData(self, data: bytes) -> None:
        self.all_asked.append(("release", data))

    def DisconnectObject(self) -> None:
        self.asked.append(("disconnect",))


class Standard(Value):
    """Could write its own packets, and does not."""

    def GetUnmarshalClass(self, riid: Any, dest: int, flags: int) -> Guid:
        return CLSID_StdMarshal


@contextmanager
def readable() -> Generator[None]:
    pyorpc.register_inproc_class(Value)
    Value.all_asked.clear()
    try:
        yield
    finally:
        pyorpc.unregister_inproc_class(CLSID)


def test_a_custom_packet_is_what_the_object_writes_for_the_class_that_it_names() -> None:
    with in_apartment(STA) as runtime:
        value = Value("abc")
        for dest in (MSHCTX.INPROC, MSHCTX.DIFFERENTMACHINE):
            for flags in (MSHLFLAGS.NORMAL, MSHLFLAGS.TABLESTRONG):
                value.asked.clear()
                packet = pyorpc.marshal_interface(value, IProbe, dest, flags)
                ref = unpack(packet)
                assert (ref.iid, ref.ipid, ref.custom) == (IProbe.IID, CLSID, b"abc")
                assert [len(packet), packet[4]] == [24 + 24 + 3, 4]
                how = IProbe, dest, flags
                assert value.asked == [("class", *how), ("write", *how)]
        assert runtime.exporter.managers() == []


def test_its_reader_makes_the_pointer_and_nothing_is_released_by_that() -> None:
    with readable(), in_apartment(MTA):
        packet = pyorpc.marshal_interface(Value("abc"), IProbe)
        first, again = (pyorpc.unmarshal_interface(packet, IProbe) for _ in range(2))
        assert isinstance(first, Value)
        assert first is not again
        assert first.log == ["abc"]
        assert Value.all_asked == [("read", b"abc", IProbe)] * 2  # ruling R-16
        assert pyorpc.unmarshal_interface(packet, IProbeMore).Log() == "abc"
        assert failure_of(pyorpc.unmarshal_interface, packet, INobody) == HRESULT.E_NOINTERFACE
        Value.all_asked.clear()
        pyorpc.release_marshal_data(packet)
        assert Value.all_asked == [("release", b"abc")]


def test_what_the_reader_and_the_writer_raise_is_raised() -> None:
    with readable(), in_apartment(STA):
        packet = pyorpc.marshal_interface(Value("unreadable"), IProbe)
        assert failure_of(pyorpc.unmarshal_interface, packet, IProbe) == HRESULT.E_FAIL
        assert failure_of(pyorpc.marshal_interface, Value(), INobody) == HRESULT.E_NOINTERFACE

        class Unwritten(Value):
            def MarshalInterface(self, riid: Any, dest: int, flags: int) -> Any:
                return "text"

        failure = failure_of(pyorpc.marshal_interface, Unwritten(), IProbe)
        assert failure == HRESULT.E_UNEXPECTED


def test_no_class_reads_a_packet_but_one_that_this_process_registered_for_it() -> None:
    @coclass(Guid.new())
    class NoReader(Probe):
        """Any class; a packet from anywhere must not make it run."""

    class Odd(Value):
        def GetUnmarshalClass(self, riid: Any, dest: int, flags: int) -> Guid:
            return record_of(NoReader).clsid

    pyorpc.register_inproc_class(NoReader)
    with in_apartment(STA):
        before = alive()
        packet = pyorpc.marshal_interface(Odd(), IProbe)
        assert failure_of(pyorpc.unmarshal_interface, packet, IProbe) == HRESULT.E_NOINTERFACE
        assert alive() == before
        pyorpc.unregister_inproc_class(NoReader)
        unknown = HRESULT.REGDB_E_CLASSNOTREG
        assert failure_of(pyorpc.unmarshal_interface, packet, IProbe) == unknown
        assert failure_of(pyorpc.release_marshal_data, packet) == unknown


def test_an_object_that_says_the_standard_class_is_marshaled_the_standard_way() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as host,
        ApartmentThread(runtime, MTA) as other,
    ):
        value = Standard("abc")
        packet = host.run(pyorpc.marshal_interface, value, IProbe)
        assert unpack(packet).custom is None
        pointer = other.run(pyorpc.unmarshal_interface, packet, IProbe)
        assert other.run(pointer.ThreadId) == host.ident
        assert value.asked == []


def test_pointers_in_calls_travel_the_same_way() -> None:
    class Maker(Probe):
        def Make(self) -> IProbe | None:
            return Value("made")

    with readable(), FarRuntime(MTA, Maker()) as far, in_apartment(STA):
        pointer = far.pointer()
        value = Value("mine")
        back = pointer.Same(value)
        assert isinstance(back, Value)
        assert back is not value
        assert back.log == ["mine"]
        assert [what for what, *_ in Value.all_asked] == ["read", "read"]
        made = pointer.Make()
        assert isinstance(made, Value)
        assert made.log == ["made"]
        assert pointer.Many(3, [value, None, value]) == 2
        assert far.objects() == 1  # the maker itself


def test_a_custom_packet_of_a_call_that_does_not_start_is_released() -> None:
    with readable(), FarRuntime() as far, in_apartment(STA):
        pointer = far.pointer()
        far.thread.run(pyorpc.disconnect_object, far.probe)
        failure = failure_of(pointer.Many, 2, [Value("a"), Value("b")])
        assert failure == HRESULT.RPC_E_DISCONNECTED
        assert [what for what in Value.all_asked if what[0] == "release"] == [
            ("release", b"a"),
            ("release", b"b"),
        ]


def read_by_value(test: Parent, packet: bytes) -> None:
    """In a child process, which knows the class."""
    pyorpc.register_inproc_class(Value)
    with in_apartment(STA):
        pointer = pyorpc.unmarshal_interface(packet, IProbe)
        test.send([isinstance(pointer, Value), pointer.Add(1, 2)])
        test.send(pyorpc.marshal_interface(pointer, IProbe))
        test.receive()


def test_a_custom_packet_crosses_processes(spawn: Spawn) -> None:
    with readable(), in_apartment(MTA):
        child = spawn(read_by_value, pyorpc.marshal_interface(Value("far"), IProbe))
        assert child.receive() == [True, 3]
        back = pyorpc.unmarshal_interface(child.receive(), IProbe)
        assert isinstance(back, Value)
        assert back.log == ["far"]
        child.send("end")
        assert child.join() == 0


def test_a_process_that_does_not_know_the_class_says_so_to_the_caller(spawn: Spawn) -> None:
    server = spawn(serve_probe, MTA, {})
    with in_apartment(MTA):
        pointer = pyorpc.unmarshal_interface(server.receive(), IProbe)
        assert failure_of(pointer.Same, Value("far")) == HRESULT.REGDB_E_CLASSNOTREG
        assert pointer.Add(1, 2) == 3
    server.send("stop")
    assert server.join() == 0


def test_an_object_may_have_imarshal_from_another_object() -> None:
    """COM asks with QueryInterface, so an object that aggregates its IMarshal is asked, too."""

    class Outer(Probe):
        def __init__(self) -> None:
            super().__init__()
            self.value = Value("of the part")

        def QueryInterface(self, iface: Any) -> Any:
            return self.value if iface is IMarshal else super().QueryInterface(iface)

    with in_apartment(STA):
        assert unpack(pyorpc.marshal_interface(Outer(), IProbe)).custom == b"of the part"


def test_the_interface_table_and_streams_carry_custom_packets() -> None:
    with (
        readable(),
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, MTA) as b,
    ):
        value = Value("shared")
        table = a.run(pyorpc.global_interface_table)
        cookie = a.run(table.RegisterInterfaceInGlobal, value, IProbe)
        assert value.asked[-1] == ("write", IProbe, MSHCTX.INPROC, MSHLFLAGS.TABLESTRONG)
        for thread in (a, b):
            assert isinstance(thread.run(table.GetInterfaceFromGlobal, cookie, IProbe), Value)
        b.run(table.RevokeInterfaceFromGlobal, cookie)
        assert Value.all_asked[-1] == ("release", b"shared")
        stream = a.run(pyorpc.marshal_inter_thread_interface, value, IProbe)
        assert isinstance(b.run(pyorpc.get_interface_and_release, stream, IProbe), Value)


def test_disconnecting_an_object_that_has_imarshal_tells_it() -> None:
    with in_apartment(STA):
        value = Value()
        assert pyorpc.disconnect_object(value) == HRESULT.S_OK
        assert value.asked == [("disconnect",)]


def test_standard_packets_can_be_part_of_custom_ones() -> None:
    """What most custom marshalers do: something of their own around a standard packet."""
    wrapper = Guid("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1602")

    @coclass(wrapper, threading_model=ThreadingModel.BOTH)
    class Wrapped(Probe, IMarshal):
        def GetUnmarshalClass(self, riid: Any, dest: int, flags: int) -> Guid:
            return wrapper

        def MarshalInterface(self, riid: Any, dest: int, flags: int) -> bytes:
            standard = pyorpc.get_standard_marshal(riid, self, dest, flags)
            return b"wrapped" + standard.MarshalInterface(riid, dest, flags)

        def UnmarshalInterface(self, data: bytes, riid: Any) -> Any:
            return pyorpc.unmarshal_interface(data[7:], riid)

        def ReleaseMarshalData(self, data: bytes) -> None:
            pyorpc.release_marshal_data(data[7:])

    pyorpc.register_inproc_class(Wrapped)
    with Runtime() as runtime, ApartmentThread(runtime, STA) as a, ProbeThread(runtime, STA) as b:
        before = alive()
        packets = [
            a.run(lambda: pyorpc.marshal_interface(Wrapped(), IProbe, MSHCTX.INPROC))
            for _ in range(2)
        ]
        assert alive() == before + 2
        with runtime.enter_apartment(MTA):
            pointer = pyorpc.unmarshal_interface(packets[0], IProbe)
            assert pointer.ThreadId() == a.ident != b.ident
            pyorpc.release_marshal_data(packets[1])
            assert alive() == before + 1
            assert pyorpc.release(pointer) == 0
            assert alive() == before
    pyorpc.unregister_inproc_class(wrapper)
