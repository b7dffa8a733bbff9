"""Incoming calls in a process with channel hooks: the hooks are told, and add to the answer.

Made by the dispatcher and the in-process links instead of the plain kinds, which know nothing of
hooks. A call that does not start is not told of, and its answer takes nothing along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.channel_hooks import (
    NO_HOOKS,
    ChannelHooks,
    Extensions,
    Interface,
    interface_at,
)
from pyorpc.remoting.incoming_call import IncomingCall
from pyorpc.remoting.local_incoming_call import LocalIncomingCall
from pyorpc.remoting.remote_incoming_call import OneWayIncomingCall, RemoteIncomingCall

if TYPE_CHECKING:
    from pyorpc.remoting.call_table import CallTable
    from pyorpc.remoting.line import Line
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.remoting.stub import InterfaceStub
    from pyorpc.wire.packets import Request


class HookedCall(IncomingCall):
    """What the kinds share."""

    hooks: ChannelHooks
    received: Extensions
    _riid: Interface | None = None  # None: the hooks were not told

    def _invoke(self) -> object:
        self._riid = interface_at(self.manager, self.stub)
        self.hooks.enter(self._riid, self.received)
        return super()._invoke()

    def _extent(self, hresult: int) -> dict[bytes, bytes]:
        """What the answer takes along."""
        return {} if self._riid is None else self.hooks.leave(self._riid, HRESULT(hresult))


class _HookedCallOfAPeer(HookedCall, RemoteIncomingCall):
    """From another process."""

    def __init__(
        self, line: Line, request: Request, body: bytes, stub: InterfaceStub[Any], table: CallTable
    ) -> None:
        super().__init__(line, request, body, stub, table)
        self.hooks = table.hooks or NO_HOOKS
        self.received = request.extensions or {}


class HookedRemoteCall(_HookedCallOfAPeer):
    """From another process, where somebody waits."""

    def answer(self, hresult: int, value: Any) -> None:
        self.extensions = self._extent(hresult) or None
        super().answer(hresult, value)

    def fail(self, error: ComError, cause: BaseException | None = None) -> None:
        self.extensions = self._extent(error.hresult) or None
        super().fail(error, cause)


class HookedOneWayCall(_HookedCallOfAPeer, OneWayIncomingCall):
    """From another process, where nobody waits: nothing goes back."""


class HookedLocalCall(HookedCall, LocalIncomingCall):
    """From another apartment or context of this process. Its caller has an extent."""

    def __init__(
        self,
        outgoing: OutgoingCall,
        args: Any,
        stub: InterfaceStub[Any],
        depth: int,
        table: CallTable,
    ) -> None:
        super().__init__(outgoing, args, stub, depth, table)
        assert outgoing.extent is not None
        self._caller = outgoing.extent
        self.hooks = outgoing.extent.hooks
        self.received = outgoing.extent.sent

    def answer(self, hresult: int, value: Any) -> None:
        self._caller.received = self._extent(hresult)
        super().answer(hresult, value)

    def fail(self, error: ComError, cause: BaseException | None = None) -> None:
        self._caller.received = self._extent(error.hresult)
        super().fail(error, cause)
