"""RemoteIncomingCall: a call from another process, bytes in and bytes out; and those one way."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from pyorpc.context.deadline import LONGEST_S
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import CausalityId, Guid
from pyorpc.remoting.incoming_call import IncomingCall
from pyorpc.remoting.outgoing_call import CANCEL_SEEN
from pyorpc.remoting.remote_traceback import traceback_of
from pyorpc.remoting.stub import InterfaceStub
from pyorpc.wire.error_info import extended

if TYPE_CHECKING:
    from pyorpc.remoting.call_table import CallTable
    from pyorpc.remoting.exporter import Exporter
    from pyorpc.remoting.line import Line
    from pyorpc.wire.method import Method
    from pyorpc.wire.packets import Request


class RemoteIncomingCall(IncomingCall):
    """From another process: bytes in, bytes out."""

    is_remote = True
    extensions: dict[bytes, bytes] | None = None  # what channel hooks add to the answer

    def __init__(
        self, line: Line, request: Request, body: bytes, stub: InterfaceStub[Any], table: CallTable
    ) -> None:
        self.stub = stub
        self.slot = request.slot
        self.causality: CausalityId | None = CausalityId(Guid(request.causality))
        self.depth = request.depth
        self.arrived = monotonic()
        self._start = [None]
        self._line = line
        self.receiver = line.process_id
        self._table = table
        self._body = body
        self.call_id = request.call_id
        self.key = line.process_id, request.call_id
        self.caller = request.thread
        if request.flags:
            self.is_async = True
        if request.budget is not None and request.budget < LONGEST_S:
            # The time that it waits for its turn counts.
            self.deadline = self.arrived + request.budget

    @property
    def line(self) -> Line:
        """The connection that it came over."""
        return self._line

    def arguments(self, method: Method[Any, Any]) -> Any:
        body = self._body
        limits = self._table.limits
        if len(body) > limits.harmless:
            limits.check(body, method.args_growth, f"{method.name}: the arguments")
        return method.decode_args(body)

    def packed(self, method: Method[Any, Any], value: object) -> object:
        body = method.encode_result(value)
        if len(body) > self._table.max_message_bytes:
            raise ComError(
                HRESULT.RPC_E_SERVER_CANTMARSHAL_DATA,
                f"{method.name}: the results take {len(body)} bytes; the limit there (setting "
                f"max_message_bytes) is {self._table.max_message_bytes}",
                executed="yes",
            )
        return body

    def answer(self, hresult: int, value: Any) -> None:
        self.is_ended = True
        if self.is_cancel_seen:
            self.extensions = {**(self.extensions or {}), CANCEL_SEEN: b""}
        if self._table.incoming.pop(self.key, None) is not None:
            self._line.in_flight.discard(self.call_id)
            if not self._line.reply(self.call_id, hresult, value, self.extensions):
                results = self.stub.entry(self.slot)[0].decode_result(value)
                self.stub.take_back(results, self.receiver)

    def fail(self, error: ComError, cause: BaseException | None = None) -> None:
        self.is_ended = True
        if self._table.incoming.pop(self.key, None) is not None:
            self._line.in_flight.discard(self.call_id)
            text = None
            if cause is not None and self._table.has_tracebacks:
                text = traceback_of(cause)
            extensions = self.extensions
            if error.error_info is not None:
                extensions = extended(extensions, error.error_info)
            self._line.fault(self.call_id, error, text, extensions)


class OneWayIncomingCall(RemoteIncomingCall):
    """From another process, where nobody waits: nothing is sent back.

    Its caller may release the object at once, so it keeps the object itself until it is over.
    """

    _exporter: Exporter | None = None

    def keep_object(self, exporter: Exporter) -> None:
        """Before it goes to the object's apartment."""
        self._exporter = exporter
        self.stub.manager.hold()

    def answer(self, hresult: int, value: Any) -> None:
        self.is_ended = True
        self._table.incoming.pop(self.key, None)
        self._line.in_flight.discard(self.call_id)
        exporter, self._exporter = self._exporter, None
        if exporter is not None:
            exporter.let_go(self.stub.manager, closes=True)

    def fail(self, error: ComError, cause: BaseException | None = None) -> None:
        self._table.one_way.note_failed(self.method_name, error)
        if error.executed == "no":
            self._release_arguments()
        self.answer(0, None)

    def _release_arguments(self) -> None:
        """No method got them, and the caller will not hear of it."""
        entry = self.stub.METHODS.get(self.slot)
        if entry is not None:
            with suppress(ComError):
                self.stub.release_arguments(self.arguments(entry[0]))
