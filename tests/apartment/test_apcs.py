from __future__ import annotations

import gc
import threading
import weakref

import pytest

from pyorpc import HRESULT, ComError
from pyorpc.apartment.apcs import Apcs, apcs_of, apcs_of_thread


def test_those_that_are_there_run_in_order_and_later_ones_wait() -> None:
    apcs = Apcs()
    ran: list[str] = []

    def first() -> None:
        ran.append("first")
        apcs.put(ran.append, ("later",))

    apcs.put(first, ())
    apcs.put(ran.append, ("second",))
    apcs.run()
    assert ran == ["first", "second"]
    assert apcs.is_signalled
    apcs.run()
    assert ran == ["first", "second", "later"]


def test_one_that_raises_is_logged_and_the_next_runs(caplog: pytest.LogCaptureFixture) -> None:
    apcs = Apcs()
    ran: list[int] = []
    apcs.put(int, ("no number",))
    apcs.put(ran.append, (1,))
    apcs.run()
    assert ran == [1]
    assert "an APC failed" in caplog.text


def test_a_thread_has_its_own_and_they_go_with_it() -> None:
    may_end = threading.Event()
    thread = threading.Thread(target=may_end.wait)
    thread.start()
    assert thread.ident is not None
    apcs = apcs_of_thread(thread.ident)
    assert apcs is apcs_of(thread)
    assert apcs is not apcs_of(threading.current_thread())
    gone = weakref.ref(apcs)
    ident = thread.ident
    may_end.set()
    thread.join(5)
    with pytest.raises(ComError) as caught:
        apcs_of_thread(ident)
    assert caught.value.hresult == HRESULT.E_INVALIDARG
    del thread, apcs, caught
    gc.collect()
    assert gone() is None
