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
from pyorpc.remoting.link import references_in
from pyorpc.unknown import IUnknown
from pyorpc.wire.method import Method
from pyorpc.wire.objref import ObjRef

if TYPE_CHECKING:
    from pyorpc.remoting.marshaler import Marshaler
    from pyorpc.remoting.stub_manager import StubManager

I = TypeVar("I", bound=IUnknown)  # noqa: E741  # the interface
T = TypeVar("T", bound=IUnknown)
R = TypeVar("R")

MethodEntry = tuple[Method[Any, Any], Callable[[Any, Any], Any]]
# Where an interface class keeps the stub class that was generated for it.
STUB_CLASS: Final = "_pyorpc_stub_class"


class StubChannel:
    """What a stub marshals pointers with, for whoever called."""

    __slots__ = ("_marshaler",)

    def __init__(self, marshaler: Marshaler) -> None:
        self._marshaler = marshaler

    def marshal(self, obj: IUnknown | None, iface: type[IUnknown] | Guid) -> ObjRef | None:
        call = thread_state().incoming
        return self._marshaler.marshal(obj, iface, is_remote=call.is_remote, receiver=call.receiver)

    def unmarshal(self, ref: ObjRef | None, iface: type[T] | Guid) -> T | None:
        return self._marshaler.unmarshal(ref, iface)

    def take_back(self, result: object) -> None:
        """Release the references in results that will not be sent."""
        receiver = thread_state().incoming.receiver
        for ref in references_in(result):
            self._marshaler.release_packet(ref, receiver)

    def release_unread(self, args: object) -> None:
        """Release the references in the [in]s of a call of this process that never started."""
        for ref in references_in(args):
            self._marshaler.release_packet(ref)


class InterfaceStub(Generic[I]):
    """Base of generated stubs: `METHODS` has the Method and the function of every slot."""

    METHODS: ClassVar[dict[int, MethodEntry]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Its own bases: a stub that derives from a generated one does not take its place.
        for base in vars(cls).get("__orig_bases__", ()):
            for iface in get_args(base):
                if isinstance(iface, type) and issubclass(iface, IUnknown):
                    setattr(iface, STUB_CLASS, cls)

    def __init__(self, target: I, manager: StubManager, channel: StubChannel) -> None:
        self._target: I = target
        self._channel = channel
        self.manager = manager

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

    def take_back(self, result: object) -> None:
        """Release the references in results that will not be sent."""
        self._channel.take_back(result)

    def release_unread(self, args: object) -> None:
        """Release the references in arguments that nobody has read."""
        self._channel.release_unread(args)

    def let_go(self) -> None:
        """Drop the object; the stub is dead. A call that is still inside keeps its own."""
        del self._target

    def _result(self, result: R) -> R:
        """A method's result without the success code that it may carry, which is kept."""
        if isinstance(result, Success):
            thread_state().incoming.success = result.hresult
            inner: R = cast(R, result.value)
            return inner
        return result


class UnknownStub(InterfaceStub[IUnknown]):
    """Of IUnknown, whose three methods travel as packets."""


def stub_class_for(iface: type[IUnknown] | Guid) -> type[InterfaceStub[Any]] | None:
    return None if isinstance(iface, Guid) else iface.__dict__.get(STUB_CLASS)
