"""Dispatcher: from a request's packet to its object's apartment. Runs on the receiving thread.

Whatever it does not hand to an apartment it answers itself.
"""

from __future__ import annotations

from contextlib import suppress
from math import isnan
from typing import TYPE_CHECKING, Any, Final

from pyorpc.errors import HRESULT, ComError, DisconnectedError
from pyorpc.remoting import call_log
from pyorpc.remoting.call_table import CallTable
from pyorpc.remoting.exporter import Exporter
from pyorpc.remoting.hooked_call import HookedOneWayCall, HookedRemoteCall
from pyorpc.remoting.remote_incoming_call import OneWayIncomingCall, RemoteIncomingCall
from pyorpc.remoting.stub import InterfaceStub
from pyorpc.wire.packets import KNOWN_FLAGS, RequestFlag

if TYPE_CHECKING:
    from pyorpc.remoting.line import Line
    from pyorpc.settings import Settings
    from pyorpc.wire.packets import Request


# A plain number: an enumeration's member is combined far more slowly.
_ONE_WAY: Final = int(RequestFlag.ONE_WAY)


class Dispatcher:
    """One per Runtime; used by the reader of every Port."""

    def __init__(self, exporter: Exporter, table: CallTable, settings: Settings) -> None:
        self._exporter = exporter
        self._table = table
        self._max_depth = settings.max_call_depth
        self._max_calls = settings.max_calls_per_peer

    def request(self, line: Line, request: Request, body: bytes) -> None:
        """Accept a request or answer it with the reason why not."""
        is_one_way = request.flags & KNOWN_FLAGS == request.flags and request.flags & _ONE_WAY
        kind = OneWayIncomingCall if is_one_way else RemoteIncomingCall
        if self._table.hooks is not None:
            kind = HookedOneWayCall if is_one_way else HookedRemoteCall
        try:
            stub = self._stub_for(line, request)
            call = kind(line, request, body, stub, self._table)
        except ComError as error:
            if is_one_way:
                self._drop_one_way(request, body, error)
            else:
                line.fault(request.call_id, error)
            return
        if is_one_way and isinstance(call, OneWayIncomingCall):
            call.keep_object(self._exporter)
        line.in_flight.add(request.call_id)
        self._table.incoming[call.key] = call
        if self._table.early_cancels and call.key in self._table.early_cancels:
            self._table.early_cancels.pop(call.key, None)
            call.cancel()
        if call_log.is_wanted():
            call_log.arrive(call, request.call_id, line.process_id)
        try:
            stub.manager.apartment.submit(call)
        except ComError as error:
            call.refuse(error)

    def _drop_one_way(self, request: Request, body: bytes, error: ComError) -> None:
        """A request that did not even become a call, and whose caller will not hear of it."""
        stub = self._exporter.stub(request.ipid)
        known = self._exporter.retired_stub(request.ipid) if stub is None else type(stub)
        entry = getattr(known, "METHODS", {}).get(request.slot)
        name = f"slot {request.slot}" if entry is None else entry[0].name
        self._table.one_way.note_failed(name, error)
        if entry is not None:
            with suppress(ComError):
                self._table.limits.check(body, entry[0].args_growth, name)
                self._exporter.channel.release_arguments(entry[0].decode_args(body))

    def _stub_for(self, line: Line, request: Request) -> InterfaceStub[Any]:
        if request.flags & ~KNOWN_FLAGS or len(request.causality) != 16:
            raise ComError(
                HRESULT.RPC_E_INVALID_HEADER,
                f"flags {request.flags:#x} (known are {KNOWN_FLAGS:#x}), "
                f"a causality id of {len(request.causality)} bytes",
                executed="no",
            )
        if request.budget is not None and isnan(request.budget):
            text = f"a budget of {request.budget} s"
            raise ComError(HRESULT.RPC_E_INVALID_HEADER, text, executed="no")
        if request.depth > self._max_depth:
            raise ComError(
                HRESULT.RPC_E_SERVERCALL_RETRYLATER,
                f"the chain of calls is {request.depth} deep; the limit (setting max_call_depth) "
                f"is {self._max_depth}",
                executed="no",
            )
        if len(line.in_flight) >= self._max_calls or request.call_id in line.in_flight:
            raise self._too_many(line, request)
        stub = self._exporter.stub(request.ipid)
        if stub is None:
            raise self._no_stub(request.ipid)
        return stub

    def _too_many(self, line: Line, request: Request) -> ComError:
        if request.call_id in line.in_flight:
            text = f"call {request.call_id} of that process is in flight already"
            return ComError(HRESULT.RPC_E_INVALID_HEADER, text, executed="no")
        return ComError(
            HRESULT.RPC_E_SERVERCALL_RETRYLATER,
            f"{self._max_calls} calls of that process are in flight here (setting "
            "max_calls_per_peer)",
            executed="no",
        )

    def _no_stub(self, ipid: bytes) -> ComError:
        if not self._exporter.was_exported(ipid):
            return ComError(
                HRESULT.RPC_E_INVALID_OBJECT,
                f"{ipid[:32].hex()} is the IPID of no interface in this process",
                executed="no",
            )
        return DisconnectedError(
            HRESULT.RPC_E_DISCONNECTED,
            "the object was disconnected, released, or its apartment has ended",
            executed="no",
        )
