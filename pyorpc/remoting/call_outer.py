"""The outer of an aggregated call object, and how it is told that the reply has come.

Once for each call that was begun, in the context that the call object belongs to: an STA's outer
hears it on its thread, whenever that pumps or waits; others on a thread of the MTA's pool. Never on
the thread that found the call's end, which may hold up a socket.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from pyorpc.apartment.admission import ItemKind
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import CausalityId, Guid
from pyorpc.unknown import IUnknown, interface_for

if TYPE_CHECKING:
    from pyorpc.context.context import Context
    from pyorpc.remoting.call_object import CallObject

T = TypeVar("T", bound=IUnknown)

_log = logging.getLogger(__name__)
IID_SYNCHRONIZE: Final = Guid("00000030-0000-0000-c000-000000000046")


class CallUnknown(IUnknown):
    """What CreateCall returns to its outer: the call object's own answers, not the outer's."""

    def __init__(self, call: CallObject) -> None:
        self._call = call

    @overload
    def QueryInterface(self, iface: type[T]) -> T: ...
    @overload
    def QueryInterface(self, iface: Guid) -> IUnknown: ...
    def QueryInterface(self, iface: type[IUnknown] | Guid) -> IUnknown:
        """IUnknown: this. Else what the call object has itself."""
        if iface in (IUnknown, IUnknown.IID):
            return self
        return self._call.own_interface(iface)


class ReplyNotice:
    """A WorkItem: Signal to one outer for one call. Whoever delivers it first, does."""

    # The runtime's own, although it ends in the user's Signal: no call, so never held or refused.
    kind = ItemKind.RUNTIME
    causality: CausalityId | None = None

    def __init__(self, outer: IUnknown, context: Context) -> None:
        self._context = context
        self._outers = [outer]  # of one element: whoever pops it delivers

    def send(self) -> None:
        """The call is done: have it delivered. Any thread."""
        try:
            self._context.apartment.submit(self)
        except ComError as error:
            self.refuse(error)

    def run(self) -> None:
        """Deliver it, on a thread of the outer's apartment; what Signal raises is logged."""
        try:
            outer = self._outers.pop()
        except IndexError:
            return
        state = thread_state()
        incoming, state.incoming = state.incoming, None  # it is no part of the call running here
        try:
            with self._context.entered(state):
                _signal(outer)
        except Exception:
            _log.exception("the outer of a call object could not be signalled: %r", outer)
        finally:
            state.incoming = incoming

    def refuse(self, error: ComError) -> None:
        _log.warning("the outer of a call object was not signalled: %s", error)


def _signal(outer: IUnknown) -> None:
    try:
        synchronize: Any = outer.QueryInterface(interface_for(IID_SYNCHRONIZE))
    except ComError as error:
        if error.hresult != HRESULT.E_NOINTERFACE:
            raise
        return  # it does not want to know
    synchronize.Signal()
