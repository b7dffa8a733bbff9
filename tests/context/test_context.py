"""A context is a scope that a thread is in until it leaves it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest

from pyorpc.apartment.sta import Sta
from pyorpc.context.context import Context
from pyorpc.context.context_state import ContextState
from pyorpc.context.thread_state import ThreadState
from pyorpc.ids import new_oxid
from pyorpc.transport.port import Port
from tests.support.work import no_sockets


@pytest.fixture
def sta() -> Iterator[Sta]:
    port = Port(no_sockets, owner=threading.get_ident())
    yield Sta(new_oxid(), port, is_main=True, max_queue=10)
    port.close()


def test_a_new_context_is_live_and_has_an_identity_of_its_own(sta: Sta) -> None:
    one, other = Context(sta), Context(sta)
    assert one.state is ContextState.LIVE
    assert one.apartment is sta
    assert (one.is_default, one.policies) == (False, ())
    assert one.context_id != other.context_id
    assert one.token != other.token
    assert one != other


def test_a_context_says_what_it_is_and_where(sta: Sta) -> None:
    default, private = Context(sta, is_default=True), Context(sta)
    assert repr(default) == f"<default context {default.token} of {sta!r}>"
    assert repr(private) == f"<private context {private.token} of {sta!r}>"


def test_a_thread_is_in_the_context_that_it_entered_last(sta: Sta) -> None:
    state, outer, inner = ThreadState(), Context(sta), Context(sta)
    with outer.entered(state):
        with inner.entered(state):
            assert (state.context, state.apartment) == (inner, sta)
        assert state.context is outer
    assert state.context is None
    assert state.apartment is None


def leave_by_raising(context: Context, state: ThreadState) -> None:
    with context.entered(state):
        raise ZeroDivisionError


def test_a_context_is_left_also_when_the_block_raises(sta: Sta) -> None:
    state = ThreadState()
    with pytest.raises(ZeroDivisionError):
        leave_by_raising(Context(sta), state)
    assert state.context is None
    assert state.apartment is None


def test_entering_a_context_does_not_move_the_threads_home(sta: Sta) -> None:
    state = ThreadState()
    with Context(sta).entered(state):
        assert state.home is None


class Thing:
    """Stands for a ProxyManager or a StubManager."""


def test_a_context_keeps_neither_proxies_nor_stubs_alive(sta: Sta) -> None:
    context, proxies, stubs = Context(sta), Thing(), Thing()
    context.proxies[1, 2] = proxies
    context.managers.add(stubs)
    assert context.proxies[1, 2] is proxies
    assert list(context.managers) == [stubs]
    del proxies, stubs
    gc.collect()
    assert len(context.proxies) == len(context.managers) == 0
