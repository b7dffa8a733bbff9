"""InterfaceStub: turns a slot and arguments back into a method call on the object.

Generated stubs derive from it. One per object and interface, used by every call to it, also at the
same time; it keeps no state of a call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar, cast, get_args

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError, Success
from pyorpc.ids import Guid
from pyorpc.remoting.async_method import methods_with_tasks
from pyorpc.remoting.link import references_in
from pyorpc.remoting.packing import give_up, pack
from pyorpc.unknown import IUnknown
from pyorpc.wire.method import Method
from pyorpc.wire.objref import ObjRef

if TYPE_CHECKING:
    from pyorpc.remoting.incoming_call import IncomingCall
    from pyorpc.remoting.marshaler import Marshaler
    from pyorpc.remoting.pending_call import PendingCall
    from pyorpc.remoting.stub_manager import StubManager

I = TypeVar("I", bound=IUnknown)  # noqa: E741  # the interface
T = TypeVar("T", bound=IUnknown)
R = TypeVar("R")

MethodEntry = tuple[Method[Any, Any], Callable[[Any, Any], Any]]
# Where an interface class keeps the stub class that was generated for it.
STUB_CLASS: Final = "_pyorpc_stub_class"


class StubChannel:
    """What a stub marshals pointers with, for whoever called."""

    __slots__ = ("_marshaler", "make_outer")

    def __init__(self, marshaler: Marshaler, make_outer: Callable[[PendingCall], IUnknown]) -> None:
        self._marshaler = marshaler
        self.make_outer = make_outer  # what an object's own call objects are aggregated by

    def marshal(self, obj: IUnknown | None, iface: type[IUnknown] | Guid) -> ObjRef | None:
        call = thread_state().incoming
        receiver = call.receiver if call.is_remote else None
        return pack(self._marshaler, obj, iface, receiver=receiver)

    def unmarshal(self, ref: ObjRef | None, iface: type[T] | Guid) -> T | None:
        try:
            return self._marshaler.unmarshal(ref, iface)
        except ComError:
            thread_state().incoming.stuck_at = ref
            raise

    def release_rest(self, call: IncomingCall, args: object) -> None:
        """The arguments could not be unpacked: release the references in those that come later."""
        refs = references_in(args)
        for ref in refs[1 + next(i for i, each in enumerate(refs) if each is call.stuck_at) :]:
            self._marshaler.release_packet(ref)

    def release_packed(self) -> None:
        """The results could not be packed: release the references in those that were."""
        give_up(self._marshaler, thread_state())

    def take_back(self, values: object, receiver: str) -> None:
        """Release the references in what that process ("": this one) will not take."""
        thread_state().packing = None
        for ref in references_in(values):
            self._marshaler.release_packet(ref, receiver)

    def release_arguments(self, args: object) -> None:
        """Release the references in arguments that came, and that no method got. Any thread."""
        for ref in references_in(args):
            self._marshaler.release_received(ref)


class InterfaceStub(Generic[I]):
    """Base of generated stubs: `METHODS` has the Method and the function of every slot."""

    METHODS: ClassVar[dict[int, MethodEntry]] = {}
    iface: ClassVar[type[IUnknown]] = IUnknown  # whose stub it is
    # The stub of objects that make call objects, where there is one: an AsyncStub.
    FOR_CALL_FACTORIES: ClassVar[type[InterfaceStub[Any]] | None] = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Its own bases: a stub that derives from a generated one does not take its place.
        for base in vars(cls).get("__orig_bases__", ()):
            for iface in get_args(base):
                if isinstance(iface, type) and issubclass(iface, IUnknown):
                    setattr(iface, STUB_CLASS, cls)
                    cls.iface = iface

    def __init__(self, target: I, manager: StubManager, channel: StubChannel) -> None:
        self._target: I = target
        self._channel = channel
        self.manager = manager
        asynchronous = methods_with_tasks(type(self), type(target))
        if asynchronous is not None:
            self.METHODS = asynchronous  # type: ignore[misc]  # of this object's class

    @property
    def channel(self) -> StubChannel:
        return self._channel

    def entry(self, slot: int) -> MethodEntry:
        """Raises RPC_E_INVALIDMETHOD: a caller with a newer interface calls a method we lack."""
        try:
            return self.METHODS[slot]
        except KeyError:
            raise ComError(
                HRESULT.RPC_E_INVALIDMETHOD,
                f"{type(self).__name__.removesuffix('Stub')} has no method at slot {slot} here",
                executed="no",
            ) from None

    def take_back(self, values: object, receiver: str) -> None:
        """Release the references in what that process ("": this one) will not take."""
        self._channel.take_back(values, receiver)

    def create_call(self, pending: PendingCall) -> IUnknown | None:
        """Have the object, a call factory, make a call object; None where it has none."""
        target: Any = self._target
        return pending.made_by(target, self._channel.make_outer(pending))

    def release_arguments(self, args: object) -> None:
        """Release the references in arguments that no method got."""
        self._channel.release_arguments(args)

    def let_go(self) -> None:
        """Drop the object; the stub is dead. A call that is still inside keeps its own."""
        del self._target

    def _result(self, result: R) -> R:
        """A method's result without the success code that it may carry, which is kept."""
        call = thread_state().incoming
        call.has_returned = True
        if isinstance(result, Success):
            call.success = result.hresult
            inner: R = cast(R, result.value)
            return inner
        return result


class UnknownStub(InterfaceStub[IUnknown]):
    """Of IUnknown, whose three methods travel as packets."""


def stub_class_for(
    iface: type[IUnknown] | Guid, target: object = None
) -> type[InterfaceStub[Any]] | None:
    """The stub class of an interface, for `target`: one that makes call objects has its own."""
    found: type[InterfaceStub[Any]] | None = (
        None if isinstance(iface, Guid) else iface.__dict__.get(STUB_CLASS)
    )
    if found is not None and found.FOR_CALL_FACTORIES is not None and is_call_factory(target):
        return found.FOR_CALL_FACTORIES
    return found


def is_call_factory(target: object) -> bool:
    """Whether an object implements ICallFactory."""
    return hasattr(target, "CreateCall")
