from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from pyorpc import COINIT, ComError, Runtime
from pyorpc.activation.listener import Listener
from pyorpc.activation.remote_activation import door_at
from pyorpc.activation.scm_service import ScmService
from pyorpc.context.thread_state import thread_state
from pyorpc.interfaces.activation_idl import IScm
from tests.support.apartment_thread import ApartmentThread
from tests.support.work import Running


def service_of(runtime: Runtime) -> ScmService:
    return ScmService(runtime, runtime.activation.door, runtime.activation.scm.seat)


def test_it_listens_while_it_runs_and_is_found_by_the_home() -> None:
    with Runtime() as own, Runtime() as other, ApartmentThread(own, COINIT.MULTITHREADED) as main:
        service = service_of(own)
        assert service.take_seat(0)
        is_ready = threading.Event()

        def ready(_: Listener) -> None:
            is_ready.set()

        running = main.begin(service.run, None, ready)
        assert is_ready.wait(10)
        with other.enter_apartment():
            holder = other.activation.scm.seat.holder()
            assert holder is not None
            with door_at(holder.endpoint, IScm, other, thread_state()) as scm:
                assert scm is not None
        service.stop()
        running.join()
        assert other.activation.scm.seat.holder() is None


def test_it_ends_when_nobody_needs_it() -> None:
    with Runtime() as runtime, runtime.enter_apartment():
        service = service_of(runtime)
        assert service.take_seat(0)
        listeners: list[Listener] = []
        began = time.monotonic()
        service.run(0.2, listeners.append)
        assert 0.2 <= time.monotonic() - began < 5
        assert len(listeners) == 1


def test_a_seat_that_is_taken_is_left_to_its_holder() -> None:
    with Runtime() as first, Runtime() as second:
        service = service_of(first)
        assert service.take_seat(0)
        with pytest.raises(ComError, match="does not listen"):
            service_of(second).take_seat(0.1)
        first.activation.scm.seat.publish(_listener(first))
        assert not service_of(second).take_seat(5)
        first.activation.scm.seat.leave()


def test_a_seat_that_is_being_left_is_waited_for() -> None:
    with Runtime() as first, Runtime() as second:
        assert service_of(first).take_seat(0)
        waiting = Running(service_of(second).take_seat, 10)
        first.activation.scm.seat.leave()
        assert waiting.join()
        second.activation.scm.seat.leave()


def _listener(runtime: Runtime) -> Listener:
    return Listener.of_this_process(runtime.identity, "ipc:///run/x")


def test_a_home_that_cannot_be_written_is_an_error(home: Path) -> None:
    (home / "scm.lock").mkdir()
    with Runtime() as runtime, pytest.raises(OSError, match=r"scm\.lock"):
        service_of(runtime).take_seat(0)
