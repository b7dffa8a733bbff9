"""Dispatcher: from a request's packet to its object's apartment. Runs on the receiving thread.

Whatever it does not hand to an apartment it answers itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyorpc.errors import HRESULT, ComError, DisconnectedError
from pyorpc.ids import Guid, Ipid, oxid_of
from pyorpc.remoting import call_log
from pyorpc.remoting.call_table import CallTable
from pyorpc.remoting.exporter import Exporter
from pyorpc.remoting.incoming_call import RemoteIncomingCall
from pyorpc.remoting.stub import InterfaceStub

if TYPE_CHECKING:
    from pyorpc.remoting.line import Line
    from pyorpc.settings import Settings
    from pyorpc.wire.packets import Request


class Dispatcher:
    """One per Runtime; used by the reader of every Port."""

    def __init__(self, exporter: Exporter, table: CallTable, settings: Settings) -> None:
        self._exporter = exporter
        self._table = table
        self._max_depth = settings.max_call_depth
        self._max_calls = settings.max_calls_per_peer

    def request(self, line: Line, request: Request, body: bytes) -> None:
        """Accept a request or answer it with the reason why not."""
        try:
            stub = self._stub_for(request)
            call = RemoteIncomingCall(line, request, body, stub, self._table)
        except ComError as error:
            line.fault(request.call_id, error)
            return
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

    def _stub_for(self, request: Request) -> InterfaceStub[Any]:
        if request.depth > self._max_depth:
            raise ComError(
                HRESULT.RPC_E_SERVERCALL_RETRYLATER,
                f"the chain of calls is {request.depth} deep; the limit (setting max_call_depth) "
                f"is {self._max_depth}",
                executed="no",
            )
        if len(self._table.incoming) >= self._max_calls:
            raise ComError(
                HRESULT.RPC_E_SERVERCALL_RETRYLATER,
                f"{self._max_calls} calls are in flight here (setting max_calls_per_peer)",
                executed="no",
            )
        stub = self._exporter.stub(request.ipid)
        if stub is None:
            raise self._no_stub(request.ipid)
        return stub

    def _no_stub(self, ipid: bytes) -> ComError:
        if len(ipid) != 16:
            return ComError(HRESULT.RPC_E_INVALID_OBJECT, f"{ipid.hex()} is no IPID", executed="no")
        if oxid_of(Ipid(Guid(ipid))) not in self._exporter.apartments:
            return ComError(
                HRESULT.RPC_E_INVALID_OBJECT,
                "the interface belongs to an apartment that this process does not have",
                executed="no",
            )
        return DisconnectedError(
            HRESULT.RPC_E_DISCONNECTED,
            "the object was disconnected, released, or its apartment has ended",
            executed="no",
        )
