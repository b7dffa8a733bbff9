from __future__ import annotations

from pathlib import Path

import msgspec

from pyorpc.activation.listener import Listener
from pyorpc.activation.scm_seat import ScmSeat
from pyorpc.remoting.peer import new_identity

HOST = new_identity().host


def listener() -> Listener:
    return Listener.of_this_process(new_identity(), "ipc:///run/x")


def test_a_home_has_one_seat(home: Path) -> None:
    one, other = ScmSeat(home, HOST), ScmSeat(home, HOST)
    assert one.take()
    assert not other.take()
    one.leave()
    assert other.take()
    other.leave()


def test_the_holder_is_known_from_its_publication_until_it_leaves(home: Path) -> None:
    one, other = ScmSeat(home, HOST), ScmSeat(home, HOST)
    assert one.take()
    assert other.holder() is None
    published = listener()
    one.publish(published)
    assert other.holder() == published
    one.leave()
    assert other.holder() is None
    one.leave()


def test_a_holder_that_was_killed_is_none(home: Path) -> None:
    seat = ScmSeat(home, HOST)
    seat.publish(msgspec.structs.replace(listener(), start_time=1))
    assert seat.holder() is None
    assert seat.take()
    seat.leave()


def test_a_holder_on_another_host_is_none_here(home: Path) -> None:
    ScmSeat(home, HOST).publish(listener())
    assert ScmSeat(home, "elsewhere").holder() is None


def test_the_home_is_made_if_it_is_missing(home: Path) -> None:
    seat = ScmSeat(home / "new", HOST)
    assert seat.take()
    seat.leave()
