"""Entering and leaving apartments, and serving an STA's queue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from pyorpc.apartment.apartment import ApartmentKind
from pyorpc.apartment.message_filter import IMessageFilter, RegisteredFilter
from pyorpc.apartment.sta import Sta
from pyorpc.apartment.work import PostedWork, SentWork
from pyorpc.arguments import refuse_no_function, refuse_no_number
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.default_runtime import default_runtime, default_runtime_or_none, refuse_fork
from pyorpc.enumerations import APTTYPE, APTTYPEQUALIFIER, COINIT
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.ids import Guid
from pyorpc.remoting.in_process_wait import await_done, waker_of
from pyorpc.runtime import Runtime


def current_runtime(state: ThreadState) -> Runtime:
    """The Runtime of a thread in an apartment. Raises CO_E_NOTINITIALIZED outside COM."""
    refuse_fork()
    state.leave_if_it_ended()
    if state.home is None:
        runtime = default_runtime_or_none()
        if runtime is not None:
            runtime.join_implicit_mta(state)
    if state.home is not None and state.home.is_closed:
        raise ComError(
            HRESULT.CO_E_NOTINITIALIZED,
            f"{state.home!r} has ended with its Runtime; uninitialize() leaves it",
            executed="no",
        )
    if state.home is None:
        raise ComError(
            HRESULT.CO_E_NOTINITIALIZED,
            "this thread is in no apartment: call pyorpc.initialize() on it, "
            "or use `with pyorpc.enter_apartment(...)`",
            executed="no",
        )
    runtime = state.runtime
    assert isinstance(runtime, Runtime)
    return runtime


def initialize(coinit: COINIT | int = COINIT.MULTITHREADED) -> HRESULT:
    """Enter an apartment with the calling thread. S_OK, or S_FALSE when counted again.

    Raises RPC_E_CHANGED_MODE, which is not counted, where the thread is in another kind;
    E_INVALIDARG for what is no COINIT.
    """
    state = thread_state()
    refuse_fork()
    try:
        wanted = COINIT(coinit)
    except ValueError as error:
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"coinit: {error}") from None
    state.leave_if_it_ended()
    runtime = state.runtime if state.home is not None else default_runtime()
    return runtime.initialize(state, wanted)


def uninitialize() -> None:
    """Undo one initialize. The last one leaves the apartment; an STA ends with it.

    Harmless on a thread outside COM, and where it is one too many inside an incoming call, or
    inside `async with open_apartment()`.
    """
    state = thread_state()
    is_used = state.incoming is not None or state.runs_loop
    is_needed = state.init_count == 1 and is_used
    if state.home is not None and not state.is_implicit and not is_needed:
        state.runtime.uninitialize(state)


@contextmanager
def enter_apartment(coinit: COINIT | int = COINIT.MULTITHREADED) -> Generator[None]:
    """`initialize` and `uninitialize` around a block."""
    initialize(coinit)
    try:
        yield
    finally:
        uninitialize()


def increment_mta_usage() -> int:
    """Keep the MTA until the cookie is given back, also while no thread is in it. Never 0.

    Threads that enter no apartment work in the MTA meanwhile. Any thread.
    """
    refuse_fork()
    state = thread_state()
    state.leave_if_it_ended()
    runtime: Runtime = state.runtime if state.home is not None else default_runtime()
    return runtime.increment_mta_usage()


def decrement_mta_usage(cookie: int) -> None:
    """Undo one increment_mta_usage. Raises E_INVALIDARG for an unknown cookie."""
    refuse_no_number(cookie, "cookie")
    runtime: Runtime | None = thread_state().runtime or default_runtime_or_none()
    if runtime is None:
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"cookie: {cookie!r} is unknown")
    runtime.decrement_mta_usage(cookie)


def get_apartment_type() -> tuple[APTTYPE, APTTYPEQUALIFIER]:
    """Where the calling thread is now. Raises CO_E_NOTINITIALIZED, with `.outs`, outside COM."""
    state = thread_state()
    try:
        current_runtime(state)
    except ComError as error:
        error.outs = (APTTYPE.CURRENT, APTTYPEQUALIFIER.NONE)
        raise
    apartment, home = state.apartment, state.home
    assert apartment is not None
    if apartment.kind is ApartmentKind.NEUTRAL:
        return APTTYPE.NA, _qualifier_of_visit(home, is_implicit=state.is_implicit)
    if isinstance(apartment, Sta):
        kind = APTTYPE.MAINSTA if apartment.is_main else APTTYPE.STA
        return kind, APTTYPEQUALIFIER.NONE
    implicit = APTTYPEQUALIFIER.IMPLICIT_MTA if state.is_implicit else APTTYPEQUALIFIER.NONE
    return APTTYPE.MTA, implicit


def _qualifier_of_visit(home: object, *, is_implicit: bool) -> APTTYPEQUALIFIER:
    if isinstance(home, Sta):
        return APTTYPEQUALIFIER.NA_ON_MAINSTA if home.is_main else APTTYPEQUALIFIER.NA_ON_STA
    return APTTYPEQUALIFIER.NA_ON_IMPLICIT_MTA if is_implicit else APTTYPEQUALIFIER.NA_ON_MTA


def get_context_token() -> int:
    """A number that is the same throughout one context. Raises CO_E_NOTINITIALIZED."""
    state = thread_state()
    current_runtime(state)
    assert state.context is not None
    return state.context.token


def get_current_logical_thread_id() -> Guid:
    """The causality id: the same in a call and in everything that it calls back."""
    return thread_state().own_causality()


# ---- an STA's queue ------------------------------------------------------------------------


def _own_sta() -> Sta:
    state = thread_state()
    current_runtime(state)
    if not isinstance(state.home, Sta):
        raise ComError(
            HRESULT.CO_E_NOT_SUPPORTED,
            "only a thread in an STA has a queue to pump; this one is in the MTA, whose calls run "
            "on pool threads",
        )
    return state.home


def pump_messages() -> int:
    """Run the STA's calls and posted items until post_quit; returns its code. Ctrl-C ends it.

    Raises CO_E_NOT_SUPPORTED on a thread that has no STA, or whose STA a trio loop serves.
    """
    sta = _own_sta()
    if thread_state().runs_loop:
        raise ComError(
            HRESULT.CO_E_NOT_SUPPORTED,
            "trio serves this thread's STA while its tasks await; pumping would stop them all",
        )
    return sta.pump()


def pump_waiting_messages() -> int:
    """Run what waits in the STA's queue and return how many items that were. Never blocks."""
    return _own_sta().pump_waiting()


def apartment_fileno() -> int:
    """A descriptor that is readable while pump_waiting_messages has something to do.

    For a foreign event loop, level-triggered or edge-triggered; do not read it. What had come
    before it was asked for makes it readable, too.
    """
    return _own_sta().fileno()


def post_quit(code: int = 0, thread_id: int | None = None) -> None:
    """End an STA's pump_messages with `code`; its own thread's, or another's."""
    _sta_of(threading.get_ident() if thread_id is None else thread_id).post_quit(code)


def post_work(thread_id: int, fn: Callable[..., object], *args: Any) -> None:
    """Have the STA of that thread run `fn(*args)`, after what is queued. Does not wait."""
    refuse_no_function(fn, "fn")
    _sta_of(thread_id).submit(PostedWork(fn, args))


def send_work(thread_id: int, fn: Callable[..., Any], *args: Any) -> Any:
    """Have the STA of that thread run `fn(*args)` and return its result; raises what it raised.

    It runs also while that STA waits for a reply; then it may not make calls of its own
    (RPC_E_CANTCALLOUT_ININPUTSYNCCALL): its sender and the STA's callee both wait.
    """
    refuse_no_function(fn, "fn")
    sta = _sta_of(thread_id)
    if sta.is_current_thread():
        return fn(*args)
    work = SentWork(_input_synchronous, (fn, args))
    state = thread_state()
    work.waker = waker_of(state)
    sta.submit(work)
    await_done(work, None, state)
    return work.result()


def register_message_filter(
    filter: IMessageFilter | None,  # noqa: A002  # COM's name
) -> IMessageFilter | None:
    """Let a filter decide on the calls of this thread's STA, or none again; returns the one before.

    Any object with some of IMessageFilter's methods is one; what it leaves out is decided as
    without a filter. It goes with the apartment. Raises CO_E_NOT_SUPPORTED on a thread that is in
    no STA, E_INVALIDARG for an object with none of the methods.
    """
    state = thread_state()
    sta = state.home
    if not isinstance(sta, Sta) or state.apartment is not sta:
        raise ComError(
            HRESULT.CO_E_NOT_SUPPORTED,
            "only an STA has a message filter, and this thread is in none: the MTA takes all calls",
        )
    before: IMessageFilter | None = None if sta.filtered is None else sta.filtered.filter
    if filter is None:
        sta.filtered = None
        return before
    filtered = RegisteredFilter(filter, sta, state.thread_id, lambda: state.incoming is not None)
    if not filtered.is_any:
        raise InvalidArgumentError(
            HRESULT.E_INVALIDARG,
            f"filter: {filter!r:.80} has none of HandleInComingCall, "
            "RetryRejectedCall, MessagePending",
        )
    sta.filtered = filtered
    return before


def _input_synchronous(fn: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    state = thread_state()
    before = state.is_input_synchronous
    state.is_input_synchronous = bool(state.outgoing)
    try:
        return fn(*args)
    finally:
        state.is_input_synchronous = before


def _sta_of(thread_id: int) -> Sta:
    refuse_no_number(thread_id, "thread_id")
    runtime = thread_state().runtime or default_runtime_or_none()
    sta = None if runtime is None else runtime.sta_of(thread_id)
    if sta is None:
        raise InvalidArgumentError(
            HRESULT.E_INVALIDARG, f"thread_id: thread {thread_id} is not in an STA"
        )
    return sta
