"""FullPointers: what the [ptr] pointers of one call point to, each object once.

Where an object is met again, its number travels: objects are numbered as they begin in the body,
from 0. Made anew for the [in]s and for the [out]s of each call that has such pointers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid
from pyorpc.remoting.variants import PointerChannel
from pyorpc.unknown import IUnknown
from pyorpc.wire.no_struct import no_struct
from pyorpc.wire.objref import ObjRef

I = TypeVar("I", bound=IUnknown)  # noqa: E741  # the interface
T = TypeVar("T")
W = TypeVar("W")


class FullPointers:
    """Marshals interface pointers too, as the channel does that it is made from."""

    __slots__ = ("_channel", "_open", "_sent", "_taken")

    def __init__(self, channel: PointerChannel) -> None:
        self._channel = channel
        # By id; the object is kept, so that no other one gets its id.
        self._sent: dict[int, tuple[int, object]] = {}
        self._open: set[int] = set()
        self._taken: list[object] = []

    def marshal(self, obj: IUnknown | None, iface: type[IUnknown] | Guid) -> ObjRef | None:
        return self._channel.marshal(obj, iface)

    def unmarshal(self, ref: ObjRef | None, iface: type[I] | Guid) -> I | None:
        return self._channel.unmarshal(ref, iface)

    def pack(
        self, value: T | None, of: type[T], pack: Callable[[FullPointers, T], W]
    ) -> W | int | None:
        """The object, or its number. Raises RPC_E_CLIENT_CANTMARSHAL_DATA for a cycle."""
        if value is None:
            return None
        if not isinstance(value, of):
            raise no_struct(value, of, AttributeError())
        known = self._sent.get(id(value))
        if known is not None:
            if known[0] in self._open:
                raise _cycle(of)
            return known[0]
        number = len(self._sent)
        self._sent[id(value)] = number, value
        self._open.add(number)
        wire = pack(self, value)
        self._open.remove(number)
        return wire

    def unpack(
        self, wire: W | int | None, of: type[T], unpack: Callable[[FullPointers, W], T]
    ) -> T | None:
        """The object that came, or the one of that number. Raises RPC_X_BAD_STUB_DATA."""
        if wire is None:
            return None
        if isinstance(wire, int):
            known = self._taken[wire] if wire < len(self._taken) else None
            if not isinstance(known, of):
                raise _no_such(wire, of)
            return known
        number = len(self._taken)
        self._taken.append(None)
        value = unpack(self, wire)
        self._taken[number] = value
        return value


def as_it_is(_: object, value: T) -> T:
    """The form of a struct whose form on the wire is the user's."""
    return value


def _cycle(of: type) -> ComError:
    return ComError(
        HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA,
        f"{of.__name__}: a pointer in it leads back to it; a cycle cannot be sent",
        executed="no",
    )


def _no_such(number: int, of: type) -> ComError:
    return ComError(
        HRESULT.RPC_X_BAD_STUB_DATA,
        f"a pointer says object {number} of the call, and no {of.__name__} of that number is whole",
    )
