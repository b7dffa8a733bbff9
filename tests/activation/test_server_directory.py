from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pyorpc.activation.listener import ActiveClass, Listener, Offers
from pyorpc.activation.server_directory import ServerDirectory
from pyorpc.ids import Clsid, Guid
from pyorpc.remoting.peer import new_identity

X = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1b01"))
Y = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1b02"))
HOST = new_identity().host


def listener(*classes: Clsid) -> Listener:
    return Listener.of_this_process(new_identity(), "ipc:///run/x", Offers(classes))


@pytest.fixture
def directory(home: Path) -> ServerDirectory:
    return ServerDirectory(home, HOST)


def test_a_home_without_servers_has_none(directory: ServerDirectory) -> None:
    assert directory.servers() == []
    directory.withdraw("nobody")


def test_servers_are_found_by_class(directory: ServerDirectory) -> None:
    one, other = listener(X), listener(X, Y)
    for each in (one, other):
        directory.publish(each)
    assert directory.serving(Y) == [other]
    assert {each.process_id for each in directory.serving(X)} == {one.process_id, other.process_id}


def test_active_objects_are_found_in_the_order_of_registration(directory: ServerDirectory) -> None:
    young, old = (
        Listener.of_this_process(
            new_identity(), "ipc:///run/x", Offers(active=[ActiveClass(str(X), since_ns)])
        )
        for since_ns in (9, 8)
    )
    for each in (young, old, listener(X)):
        directory.publish(each)
    assert directory.having_active(X) == [old, young]
    assert directory.having_active(Y) == []
    assert len(directory.serving(X)) == 1  # an active object does not make its class activatable


def test_publishing_again_replaces_and_withdrawing_removes(directory: ServerDirectory) -> None:
    one = listener(X)
    directory.publish(one)
    changed = msgspec.structs.replace(one, classes=(str(Y),))
    directory.publish(changed)
    assert directory.servers() == [changed]
    directory.withdraw(one.process_id)
    assert directory.servers() == []


def test_what_a_dead_process_left_is_swept(directory: ServerDirectory) -> None:
    directory.publish(msgspec.structs.replace(listener(X), start_time=1))
    assert directory.serving(X) == []
    assert list(directory.path.iterdir()) == []


def test_servers_of_another_host_are_not_seen_and_not_swept(directory: ServerDirectory) -> None:
    directory.publish(msgspec.structs.replace(listener(X), host="elsewhere", start_time=1))
    assert directory.servers() == []
    assert len(list(directory.path.iterdir())) == 1
