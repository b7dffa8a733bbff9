"""TrioLoop: runs the `async def` methods of an apartment, and awaits the calls of its tasks."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Coroutine
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, CallCanceledError, ComError, Executed, Outcome
from pyorpc.remoting import call_log
from pyorpc.trio.feed import Feed
from pyorpc.trio.library import trio
from pyorpc.trio.pump import Pump
from pyorpc.trio.task_waker import TaskWaker

if TYPE_CHECKING:
    from pyorpc.apartment.apartment import Awaitable
    from pyorpc.apartment.sta import Sta
    from pyorpc.apartment.waits import Waker
    from pyorpc.remoting.channel import Channel
    from pyorpc.remoting.chunk_queue import ChunkQueue
    from pyorpc.remoting.incoming_call import IncomingCall
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.runtime import Runtime

# The callee's word that a call never starts wakes nobody: so look from time to time.
_LOOK_S: Final = 0.02

_EXECUTED: Final[dict[Outcome, Executed]] = {
    "not started": "no",
    "stopped": "yes",
    "finished anyway": "yes",
    "unknown": "unknown",
}


class TrioLoop:
    """Of one apartment; a TaskLoop. Its thread."""

    def __init__(self, sta: Sta, pump: Pump, nursery: trio.Nursery, runtime: Runtime) -> None:
        self._sta = sta
        self.pump = pump
        self.methods = nursery
        self._resolver = runtime.resolver
        self._grace_s = runtime.settings.grace_s
        self._token = trio.lowlevel.current_trio_token()

    # ---- methods ---------------------------------------------------------------------------

    def start(
        self,
        call: IncomingCall,
        coroutine: Coroutine[Any, Any, Any],
        finish: Callable[[Any], object],
    ) -> object:
        """The task inherits where its starter is: in the call, in the object's context."""
        self.pump.begun(call.causality)
        deferred = call.defer()
        self.methods.start_soon(self._run, call, coroutine, finish, name=call.method_name)
        return deferred

    async def _run(
        self,
        call: IncomingCall,
        coroutine: Coroutine[Any, Any, Any],
        finish: Callable[[Any], object],
    ) -> None:
        try:
            value = await self._outcome(call, coroutine)
        except Exception as error:
            # What its task has set is its own.
            call.complete(partial(_raise, error), thread_state().error_info)
        except BaseException as error:
            # The apartment is left, or Ctrl-C: the caller is told, and the program goes its way.
            call.complete(partial(_raise, _ended(call.method_name, error)))
            raise
        else:
            call.complete(lambda: finish(value))
        finally:
            self.pump.ended(call.causality)

    async def _outcome(self, call: IncomingCall, coroutine: Coroutine[Any, Any, Any]) -> Any:
        with trio.CancelScope() as scope:
            call.on_cancel = partial(self.cancel, scope)
            if call.is_cancelled:
                scope.cancel()
            try:
                return await coroutine
            finally:
                call.on_cancel = None
        raise CallCanceledError(
            HRESULT.RPC_E_CALL_CANCELED,
            f"{call.method_name} was cancelled by its caller",
            executed="yes",
            outcome="stopped",
        )

    def cancel(self, scope: trio.CancelScope) -> None:
        """Any thread: nobody wants what the tasks inside do any more."""
        if get_ident() == self._sta.thread_id:
            scope.cancel()
            return
        try:
            self._token.run_sync_soon(scope.cancel)
        except trio.RunFinishedError:
            return  # and with it the method

    # ---- awaited calls ---------------------------------------------------------------------

    async def checkpoint(self) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()

    async def completed(self, call: OutgoingCall, channel: Channel) -> None:
        """Return when a begun call is done. A cancelled scope cancels the call."""
        self.pump.begun(call.causality)
        done = self.watch(call)
        try:
            self.pump.look()
            await done.wait()
        except trio.Cancelled as cancelled:
            error = await self._cancelled(call, done)
            channel.abandon(call)
            cancelled.add_note(f"{call.method.name}: {error.outcome}")
            cancelled.__cause__ = error
            raise
        except BaseException:  # Ctrl-C: nobody will take the results
            channel.abandon(call)
            raise
        finally:
            self.pump.ended(call.causality)
            if call_log.is_wanted():
                call_log.done(call)
        if isinstance(call.error, CallCanceledError):
            call.error.add_note(f"outcome: {call.error.outcome or 'unknown'}")

    def watch(self, call: OutgoingCall) -> trio.Event:
        """An event that is set when the call is done."""
        done = trio.Event()

        def tell() -> None:
            if get_ident() == self._sta.thread_id:
                done.set()
            else:
                self.pump.completed.append(done)  # the call's waker wakes the pump after this

        call.listen(tell)
        call.await_on(self._sta.inbox, thread_state().thread_id)
        if call.is_done:
            done.set()
        return done

    async def until_clear(self, attempt: Callable[[Waker], Awaitable | None]) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        waker = TaskWaker(self.pump)
        causality = thread_state().own_causality()
        self.pump.begun(causality)
        try:
            while attempt(waker) is not None:
                self.pump.look()
                await waker.woken.wait()
                waker.woken = trio.Event()  # before the next look: what changes after it wakes
        finally:
            self.pump.ended(causality)

    def feed(self, queue: ChunkQueue, chunks: AsyncIterable[Any]) -> None:
        self.methods.start_soon(Feed(self, queue, chunks).run, name="pyorpc pipe")

    async def _cancelled(self, call: OutgoingCall, done: trio.Event) -> CallCanceledError:
        """Tell the callee, and wait for what it makes of it, for the grace time at most."""
        if not call.is_done:
            call.is_cancel_sent = True
            self._tell_callee(call)
            with trio.CancelScope(shield=True, deadline=trio.current_time() + self._grace_s):
                while not done.is_set() and call.outcome != "not started":
                    with trio.move_on_after(_LOOK_S):
                        await done.wait()
        outcome = _outcome_of(call)
        error = CallCanceledError(
            HRESULT.RPC_E_CALL_CANCELED,
            f"{call.method.name} was cancelled with its scope: {outcome}",
            executed=_EXECUTED[outcome],
            outcome=outcome,
        )
        self._resolver.table.abandon(call, error)
        return error

    def _tell_callee(self, call: OutgoingCall) -> None:
        if call.incoming is None:
            self._resolver.cancels.send(call)
        elif call.incoming.cancel():
            call.outcome = "not started"


def _outcome_of(call: OutgoingCall) -> Outcome:
    """What became of a call that was cancelled."""
    error = call.error
    if not call.is_done:
        return call.outcome or "unknown"
    if error is None:
        return "finished anyway"
    if error.executed == "no":
        return "not started"
    if isinstance(error, CallCanceledError):
        return "stopped"
    return error.outcome or ("finished anyway" if error.executed == "yes" else "unknown")


def _ended(name: str, error: BaseException) -> ComError:
    if isinstance(error, trio.Cancelled):
        return CallCanceledError(
            HRESULT.RPC_E_CALL_CANCELED,
            f"{name} was cancelled: its apartment ended",
            executed="yes",
            outcome="stopped",
        )
    return ComError(HRESULT.RPC_E_SERVERFAULT, f"{name} was ended by {error!r}", executed="yes")


def _raise(error: BaseException) -> object:
    raise error
