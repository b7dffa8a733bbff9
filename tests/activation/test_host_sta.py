"""STAs of the runtime's own: when they start, who they are, when they end."""

from __future__ import annotations

import threading

import pytest

from pyorpc import COINIT, ComError, Runtime
from pyorpc.activation.host_sta import HostStas
from tests.support.apartment_thread import ApartmentThread
from tests.support.waiting import wait_until
from tests.support.work import Running

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def host_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "pyorpc-host-sta"]


def test_a_host_is_the_main_sta_where_there_is_none() -> None:
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        main = runtime.activation.hosts.main_sta()
        assert main.is_main
        assert main is runtime.main_sta
        assert main is runtime.activation.hosts.main_sta()
        assert main.thread_id != threading.get_ident()


def test_a_thread_of_the_users_stays_the_main_sta() -> None:
    with Runtime() as runtime, runtime.enter_apartment(STA):
        assert runtime.activation.hosts.main_sta() is runtime.main_sta
        assert host_threads() == []


def test_two_who_need_a_host_at_once_get_the_same_one() -> None:
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        running = [Running(runtime.activation.hosts.host_sta) for _ in range(6)]
        assert len({id(each.join()) for each in running}) == 1
        assert len(host_threads()) == 1


def test_hosts_end_with_the_last_thread_of_the_users() -> None:
    with Runtime() as runtime:
        with ApartmentThread(runtime, MTA) as other:
            with runtime.enter_apartment(MTA):
                host = runtime.activation.hosts.host_sta()
            assert not host.is_closed
            assert other.run(runtime.activation.hosts.host_sta) is host
        assert host.is_closed
        wait_until(lambda: not host_threads(), "the host's thread ends")
        with runtime.enter_apartment(MTA):
            assert runtime.activation.hosts.host_sta() is not host


def test_hosts_end_when_the_runtime_closes() -> None:
    runtime = Runtime()
    leave, entered = threading.Event(), threading.Event()

    def live() -> None:
        with runtime.enter_apartment(MTA):
            runtime.activation.hosts.host_sta()
            entered.set()
            leave.wait()

    user = Running(live)
    assert entered.wait(5)
    runtime.activation.close()
    assert host_threads() == []
    leave.set()
    user.join()
    runtime.close()


def test_a_host_that_cannot_enter_says_why() -> None:
    runtime = Runtime()
    runtime.close()
    with pytest.raises(ComError, match="closed"):
        HostStas(runtime).host_sta()
