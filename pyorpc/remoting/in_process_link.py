"""InProcessLink: what links inside one process share: values copied, references counted here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyorpc.apartment.waits import Waker
from pyorpc.context.deadline import left_s, refuse_spent
from pyorpc.errors import HRESULT, CallCanceledError, ComError, DisconnectedError
from pyorpc.ids import Iid, Ipid
from pyorpc.remoting import call_log
from pyorpc.remoting.call_table import CallTable
from pyorpc.remoting.channel_hooks import interface_at
from pyorpc.remoting.exporter import PUBLIC_REFS, Exporter
from pyorpc.remoting.hooked_call import HookedLocalCall
from pyorpc.remoting.in_process_query import InProcessQuery
from pyorpc.remoting.in_process_wait import await_done, waker_of
from pyorpc.remoting.link import Link
from pyorpc.remoting.local_incoming_call import LocalIncomingCall
from pyorpc.remoting.outgoing_call import OutgoingCall
from pyorpc.remoting.release_queue import ReleaseQueue
from pyorpc.wire.method import Method
from pyorpc.wire.objref import ObjRef

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState
    from pyorpc.remoting.line import Line
    from pyorpc.remoting.proxy_manager import ProxyManager
    from pyorpc.remoting.stub_manager import StubManager


class InProcessLink(Link):
    """One of each kind per Runtime."""

    is_remote = False

    def __init__(self, exporter: Exporter, table: CallTable, releases: ReleaseQueue) -> None:
        self._exporter = exporter
        self._table = table
        self._releases = releases

    def prepare(
        self, ipid: Ipid, method: Method[Any, Any], args: Any, state: ThreadState, waker: Waker
    ) -> tuple[OutgoingCall, LocalIncomingCall]:
        """Both sides of a call, entered in the table, not yet on its way."""
        if state.deadline is not None:
            refuse_spent(state.deadline, method.name)
        stub = self._exporter.stub(ipid.bytes)
        if stub is None:
            raise gone()
        copied = method.copy_args(args)
        call = OutgoingCall(self._table.new_id(), method, state.own_causality(), waker)
        outer = state.incoming
        depth = 1
        if outer is not None:
            call.outer = outer
            depth = outer.depth + 1
        call.args = args
        if self._table.hooks is None:
            incoming = LocalIncomingCall(call, copied, stub, depth, self._table)
        else:
            call.extent = self._table.hooks.begin(interface_at(stub.manager, stub))
            incoming = HookedLocalCall(call, copied, stub, depth, self._table)
        call.incoming = incoming
        if state.deadline is not None:
            call.deadline = incoming.deadline = state.deadline
        self._table.outgoing[call.id] = call
        return call, incoming

    def await_call(self, call: OutgoingCall, timeout_s: float | None, state: ThreadState) -> bool:
        # Another thread of the apartment than began it may finish it.
        call.await_on(waker_of(state), state.thread_id)
        state.outgoing.append(call)
        try:
            is_done = await_done(call, timeout_s, state)
        except CallCanceledError as error:  # the message filter's word
            cancel(call, error)
            self._table.finish(call, error)
            return True
        finally:
            state.outgoing.pop()
        if is_done and call_log.is_wanted():
            call_log.done(call)
        return is_done

    def result(self, call: OutgoingCall) -> Any:
        if call.extent is not None:
            return call.result()
        if call.error is not None:
            raise call.failure()
        return call.value

    def query_all(
        self, manager: ProxyManager, ipid: Ipid, iids: Sequence[Iid], state: ThreadState
    ) -> list[tuple[Ipid, int] | ComError]:
        target = self._exporter.manager(manager.oid)
        if target is None:
            raise gone()
        return self._ask(target, iids, PUBLIC_REFS, state)

    def _ask(
        self, target: StubManager, iids: Sequence[Iid], refs: int, state: ThreadState
    ) -> list[tuple[Ipid, int] | ComError]:
        query = InProcessQuery(self._exporter, target, iids, waker_of(state), refs)
        if not self._exporter.runs_users_code(target, iids):
            return query.answer()
        if self.waits:
            target.apartment.submit(query)
            while not await_done(query, left_s(state.deadline), state):
                query.give_up()
        else:
            query.run()
        return query.answers

    def add_refs(self, manager: ProxyManager, ipid: Ipid, count: int, state: ThreadState) -> None:
        target = self._exporter.manager(manager.oid)
        if target is None:
            raise gone()
        self._exporter.add_refs(target, count)

    def query_each(
        self, ipid: Ipid, refs: int, iids: Sequence[Iid], state: ThreadState
    ) -> list[ObjRef | HRESULT]:
        stub = self._exporter.stub(ipid.bytes)
        if stub is None:
            raise gone()
        manager = stub.manager
        return [
            answer.hresult
            if isinstance(answer, ComError)
            else self._exporter.name(manager, iid, is_remote=True)._replace(public_refs=refs)
            for iid, answer in zip(iids, self._ask(manager, iids, refs, state), strict=True)
        ]

    def add_each(self, counts: Sequence[tuple[Ipid, int]], state: ThreadState) -> list[HRESULT]:
        return [self._add_one(ipid, count) for ipid, count in counts]

    def _add_one(self, ipid: Ipid, count: int) -> HRESULT:
        stub = self._exporter.stub(ipid.bytes)
        if stub is None:
            return HRESULT.CO_E_OBJNOTREG
        try:
            self._exporter.add_refs(stub.manager, count)
        except ComError:
            return HRESULT.CO_E_OBJNOTREG
        return HRESULT.S_OK

    def took(self, ref: ObjRef) -> None:
        """They were counted when they were made."""

    def release(
        self, counts: dict[Ipid, int], state: ThreadState, behind: Line | None = None
    ) -> None:
        for ipid, count in counts.items():
            manager = self._exporter.release(ipid.bytes, count)
            if manager is not None:
                item = self._exporter.drop(manager, waker_of(state))
                await_done(item, DROP_WAIT_S, state)

    def release_later(self, counts: dict[Ipid, int], behind: Line | None = None) -> None:
        self._releases.put_local(counts)

    def abandon_later(self, call: OutgoingCall) -> None:
        self._releases.put_call(call)

    def cut_short(self, call: OutgoingCall, error: ComError) -> None:
        self._table.cancels.end(call, lambda _: error)

    def reference(
        self,
        manager: ProxyManager,
        iid: Any,
        ipid: Ipid,
        state: ThreadState,
        *,
        goes_to: str | None,
    ) -> ObjRef:
        target = self._exporter.manager(manager.oid)
        if target is None:
            raise gone()
        return self._exporter.reference(target, iid, is_remote=goes_to is not None)


# A release is synchronous, but an apartment that computes for ever must not hold its clients.
DROP_WAIT_S = 2.0


def gone() -> ComError:
    return DisconnectedError(
        HRESULT.RPC_E_DISCONNECTED,
        "the object was disconnected, released, or its apartment has ended",
        executed="no",
    )


def cancel(call: OutgoingCall, error: ComError) -> None:
    """Tell the callee that nobody waits any more; a call that had not started never does."""
    if call.incoming is not None and call.incoming.cancel():
        error.executed, error.outcome = "no", "not started"


def interrupted(call: OutgoingCall) -> ComError:
    """For a call whose caller was torn out of its wait, by Ctrl-C for example."""
    return ComError(HRESULT.E_ABORT, f"the wait for {call.method.name} was interrupted")
