from __future__ import annotations

import threading
import time

import pyorpc
from pyorpc import CLSCTX, COINIT, Runtime
from pyorpc.activation.idle_watch import IdleWatch
from tests.support.apartment_thread import ApartmentThread
from tests.support.probe_classes import ProbeBoth, ProbeCounted
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
LOCAL = CLSCTX.LOCAL_SERVER
IDLE_S = 0.2


def watch(runtime: Runtime) -> threading.Event:
    ended = threading.Event()
    IdleWatch(runtime, runtime.activation, IDLE_S, ended.set)
    return ended


def test_a_server_that_nobody_uses_ends_and_offers_nothing_more() -> None:
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        pyorpc.register_class_object(ProbeBoth, ProbeBoth)
        began = time.monotonic()
        assert watch(runtime).wait(5)
        assert time.monotonic() - began >= IDLE_S
        assert runtime.activation.table.available() == []


def test_a_server_goes_on_while_somebody_holds_an_object_of_it() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        a.run(pyorpc.register_class_object, ProbeBoth, ProbeBoth)
        made = b.run(pyorpc.create_instance, ProbeBoth, IProbe, LOCAL)
        ended = watch(runtime)
        assert not ended.wait(3 * IDLE_S)
        b.run(pyorpc.release, made)
        assert ended.wait(5)


def test_a_server_goes_on_while_somebody_holds_a_class_object() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        a.run(pyorpc.register_class_object, ProbeBoth, ProbeBoth)
        factory = b.run(pyorpc.get_class_object, ProbeBoth, LOCAL)
        ended = watch(runtime)
        assert not ended.wait(3 * IDLE_S)
        b.run(pyorpc.release, factory)
        assert ended.wait(5)


def test_a_server_goes_on_while_it_counts_itself_as_used() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, MTA) as a:
        a.run(pyorpc.register_class_object, ProbeCounted, ProbeCounted)
        a.run(pyorpc.add_ref_server_process)
        ended = watch(runtime)
        assert not ended.wait(3 * IDLE_S)
        a.run(pyorpc.release_server_process)
        assert ended.wait(5)
