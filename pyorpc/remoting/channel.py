"""Channel: what an interface proxy calls through. It enforces where the proxy may be used.

Runs on the caller's thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from pyorpc.apartment.apartment import ApartmentKind
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.errors import HRESULT, ComError, DisconnectedError
from pyorpc.ids import Guid, Ipid
from pyorpc.remoting.link import references_in
from pyorpc.remoting.packing import hand_over, pack
from pyorpc.remoting.retry import await_retry, is_lost_idempotent
from pyorpc.unknown import IUnknown
from pyorpc.wire.method import Method
from pyorpc.wire.objref import ObjRef

if TYPE_CHECKING:
    from pyorpc.context.context import Context
    from pyorpc.remoting.marshaler import Marshaler
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.remoting.proxy_manager import ProxyManager

T = TypeVar("T", bound=IUnknown)
_ONCE_MORE: Final = -1.0


class Channel:
    """Of one interface proxy, tied to the context that it was unmarshaled in."""

    __slots__ = ("_context", "_link", "_manager", "_marshaler", "ipid", "is_released")

    def __init__(self, manager: ProxyManager, ipid: Ipid, marshaler: Marshaler) -> None:
        self._manager = manager
        self._context = manager.context
        self._link = manager.link
        self._marshaler = marshaler
        self.ipid = ipid
        self.is_released = False  # by its user, or by the end of its apartment

    @property
    def context(self) -> Context:
        """The context that it may be used in."""
        return self._context

    @property
    def is_remote(self) -> bool:
        """Whether the object is in another process."""
        return self._link.is_remote

    def call(self, method: Method[Any, Any], args: Any) -> Any:
        """Make a call. Raises RPC_E_WRONG_THREAD outside the proxy's apartment or context.

        On a thread in no apartment it is CO_E_NOTINITIALIZED.
        """
        state = thread_state()
        if state.packing:
            hand_over(self._marshaler, state, args)
        if state.context is not self._context or self.is_released:
            self.check(state, method.name, HRESULT.CO_E_NOTINITIALIZED)
        if state.is_input_synchronous:
            self._refuse_to_wait(method.name, state)
        state.error_info = None
        since = 0.0
        while True:
            try:
                return self._link.call(self._manager, self.ipid, method, args, state)
            except ComError as error:
                since = self._since_when(error, method, args, since, state)
                if not since:
                    raise
                text = error.description
            if since == _ONCE_MORE:
                return self._repeat(method, args, state, text)

    def _since_when(
        self, error: ComError, method: Method[Any, Any], args: Any, since: float, state: ThreadState
    ) -> float:
        """A call failed: since when it is tried, if it is to be made again; 0: it is not."""
        if is_lost_idempotent(error, method, args):
            return _ONCE_MORE
        since = await_retry(error, method.name, since, state)
        if not since:
            state.error_info = error.error_info
        return since

    def _repeat(self, method: Method[Any, Any], args: Any, state: ThreadState, lost: str) -> Any:
        """The second and last try of an idempotent call whose connection broke."""
        try:
            return self._link.call(self._manager, self.ipid, method, args, state)
        except ComError as error:
            if error.executed != "no":
                state.error_info = error.error_info
                raise
            # This one certainly did not run; of the first one nobody knows.
            text = f"{lost}; tried again, since it is idempotent: {error.description}"
        raise ComError(HRESULT.RPC_S_CALL_FAILED, text)

    def begin(self, method: Method[Any, Any], args: Any) -> OutgoingCall:
        """Send a call and return at once."""
        state = thread_state()
        if state.packing:
            hand_over(self._marshaler, state, args)
        if state.context is not self._context or self.is_released:
            self.check(state, method.name, HRESULT.CO_E_NOTINITIALIZED)
        state.error_info = None
        return self._link.begin(self._manager, self.ipid, method, args, state)

    def send(self, method: Method[Any, Any], args: Any) -> None:
        """Hand a one-way call over and return. Raises only what is known here before that.

        What is lost afterwards is counted and logged, and its references are released.
        """
        state = thread_state()
        if state.packing:
            hand_over(self._marshaler, state, args)
        if state.context is not self._context or self.is_released:
            self.check(state, method.name, HRESULT.CO_E_NOTINITIALIZED)
        state.error_info = None
        if not self._link.send(self._manager, self.ipid, method, args, state):
            self._release_all(args)

    def await_call(self, call: OutgoingCall, timeout_s: float | None) -> bool:
        """Wait for a begun call as this thread's apartment waits. False: time ran out.

        Raises RPC_E_WRONG_THREAD outside the proxy's apartment or context, and
        RPC_E_CANTCALLOUT_INASYNCCALL on a thread that runs a trio loop.
        """
        state = thread_state()
        if state.context is not self._context:
            self.check(state, call.method.name, HRESULT.CO_E_NOTINITIALIZED)
        if call.is_done:
            return True
        if state.runs_loop and timeout_s != 0:
            raise state.refusal_to_wait(call.method.name)
        return self._link.await_call(call, timeout_s, state)

    def abandon(self, call: OutgoingCall) -> None:
        """From a finalizer: nobody will take the results of a begun call."""
        self._link.abandon_later(call)

    def cut_short(self, call: OutgoingCall, error: ComError) -> None:
        """Any thread: end a begun call with that error, unless it is over; its callee is told."""
        self._link.cut_short(call, error)

    def release_unsent(self, args: object, error: ComError) -> None:
        """Take back the [in] references of a call that certainly did not start."""
        thread_state().packing = None
        if error.executed == "no":
            self._release_all(args)
        elif error.of_call is not None:
            # Only now: what it says decides who takes those references back.
            call: OutgoingCall | None = error.of_call()
            if call is not None:
                call.settle(error)

    def _release_all(self, args: object) -> None:
        for ref in references_in(args):
            self._marshaler.release_packet(ref, self._link.receiver)

    def marshal(self, obj: IUnknown | None, iface: type[IUnknown] | Guid) -> ObjRef | None:
        """A pointer as it travels to the object's apartment."""
        link = self._link
        receiver = link.receiver if link.is_remote else None
        return pack(self._marshaler, obj, iface, receiver=receiver)

    def unmarshal(self, ref: ObjRef | None, iface: type[T] | Guid) -> T | None:
        """A pointer that came from there."""
        return self._marshaler.unmarshal(ref, iface)

    def check(
        self, state: ThreadState, what: str, outside_com: HRESULT = HRESULT.RPC_E_WRONG_THREAD
    ) -> None:
        """Raise unless the calling thread is in the proxy's own context; `outside_com` in none."""
        if self.is_released and not self._context.apartment.is_closed:
            raise DisconnectedError(
                HRESULT.CO_E_OBJNOTCONNECTED, f"{what}: this proxy was released", executed="no"
            )
        check_context(self._context, self._marshaler, state, what, outside_com)

    def _refuse_to_wait(self, what: str, state: ThreadState) -> None:
        """On a thread that has to go on with other work meanwhile."""
        if self._link.waits:
            raise state.refusal_to_wait(what)


def check_context(
    own: Context,
    marshaler: Marshaler,
    state: ThreadState,
    what: str,
    outside_com: HRESULT = HRESULT.CO_E_NOTINITIALIZED,
) -> None:
    """Raise unless the calling thread is in the context that a pointer belongs to."""
    if own.apartment.is_closed:
        # The proxy's own apartment is tested before the caller's thread (ruling R-7).
        raise DisconnectedError(
            HRESULT.CO_E_OBJNOTCONNECTED,
            f"{what}: the proxy belongs to {own.apartment!r}, which has ended",
            executed="no",
        )
    if state.context is None or state.is_implicit:
        marshaler.join_implicit_mta(state)
    if state.context is not own:
        code = outside_com if state.context is None else HRESULT.RPC_E_WRONG_THREAD
        raise _wrong_thread(own, state, what, code)


def _wrong_thread(own: Context, state: ThreadState, what: str, code: HRESULT) -> ComError:
    if state.context is None:
        where = "a thread that is in no apartment: call pyorpc.initialize() first"
    elif state.apartment is own.apartment:
        where = f"{state.context!r} of the same apartment"
    else:
        where = f"{state.context!r}"
    share = (
        "every thread of the MTA may use it"
        if own.apartment.kind is ApartmentKind.MTA
        else "only its own thread may use it"
    )
    return ComError(
        code,
        f"{what}: the proxy belongs to {own!r} ({share}), but was called from {where}. Pass it "
        "on with marshal_inter_thread_interface, agile_reference or global_interface_table()",
        executed="no",
    )
