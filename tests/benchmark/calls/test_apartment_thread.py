import threading

import pytest

from pyorpc import COINIT, Runtime
from pyorpc.benchmark.calls.apartment_thread import ApartmentThread
from pyorpc.context.thread_state import thread_state
from pyorpc.functions.apartments import pump_messages


def test_what_is_run_runs_in_the_apartment_of_one_other_thread() -> None:
    with Runtime() as runtime:
        thread = ApartmentThread(runtime, COINIT.APARTMENTTHREADED)
        home, ident = thread.run(lambda: (thread_state().home, threading.get_ident()))
        assert home is runtime.main_sta
        assert thread.run(threading.get_ident) == ident != threading.get_ident()
        thread.close()
        assert runtime.main_sta is None


def test_what_is_run_raises_where_it_was_asked_for() -> None:
    with Runtime() as runtime:
        thread = ApartmentThread(runtime, COINIT.MULTITHREADED)
        with pytest.raises(ZeroDivisionError):
            thread.run(lambda: 1 // 0)
        thread.close()


def test_closing_ends_a_message_loop() -> None:
    with Runtime() as runtime:
        thread = ApartmentThread(runtime, COINIT.APARTMENTTHREADED)
        pumping = thread.begin(pump_messages)
        thread.close()
        assert pumping.result(0) == 0
