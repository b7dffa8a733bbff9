from __future__ import annotations

from pyorpc import COINIT, Runtime
from pyorpc.activation.activator import Activator
from pyorpc.activation.class_table import ClassTable
from pyorpc.activation.listener import ActiveClass, Offers
from pyorpc.ids import Clsid, Guid

X = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1b01"))


def activator(runtime: Runtime) -> Activator:
    return Activator(ClassTable(lambda: None), runtime.activation.active, runtime.marshaler)


def test_a_closed_door_has_no_packet() -> None:
    with Runtime() as runtime, runtime.enter_apartment():
        assert runtime.activation.door.ref() is None
        runtime.activation.door.open(activator(runtime))
        assert runtime.activation.door.ref() is not None
        runtime.activation.door.close()
        assert runtime.activation.door.ref() is None


def test_the_packet_is_without_references_so_that_it_can_be_given_to_many() -> None:
    with Runtime() as runtime, runtime.enter_apartment():
        door = runtime.activation.door
        door.open(activator(runtime))
        ref = door.ref()
        assert ref is not None
        assert ref.public_refs == 0
        stub = runtime.exporter.stub(ref.ipid.bytes)
        assert stub is not None
        assert stub.manager.public_refs == 0
        assert stub.manager.is_wanted


def test_the_first_one_who_opens_is_who_answers() -> None:
    with Runtime() as runtime, runtime.enter_apartment():
        door = runtime.activation.door
        door.open(activator(runtime))
        ref = door.ref()
        door.open(activator(runtime))
        assert door.ref() is ref


def test_a_door_closes_with_the_mta_that_it_is_in() -> None:
    with Runtime() as runtime:
        door = runtime.activation.door
        with runtime.enter_apartment(COINIT.APARTMENTTHREADED):
            door.open(activator(runtime))
        assert door.ref() is None
        with runtime.enter_apartment(COINIT.APARTMENTTHREADED):
            door.open(activator(runtime))
            assert door.ref() is not None


def test_the_home_is_told_while_there_is_something_to_have() -> None:
    with Runtime() as runtime, runtime.enter_apartment():
        door = runtime.activation.door
        door.publish(lambda: Offers([X]))
        (listener,) = door.servers.servers()
        assert listener.classes == (str(X),)
        assert listener.endpoint == door.endpoint()
        assert listener.endpoint.startswith("ipc://")
        door.publish(lambda: Offers(active=[ActiveClass(str(X), 7)]))
        (listener,) = door.servers.servers()
        assert (listener.classes, listener.active_since(X)) == ((), 7)
        door.publish(Offers)
        assert door.servers.servers() == []
