"""InterfaceProxy: one interface of an object elsewhere. Generated proxies derive from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, overload
from weakref import WeakSet

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import ComError
from pyorpc.ids import Guid, Iid, Ipid
from pyorpc.remoting.channel import Channel
from pyorpc.remoting.parameter_names import name_parameter
from pyorpc.unknown import IUnknown, iid_of, name_of
from pyorpc.wire.method import Method

if TYPE_CHECKING:
    from pyorpc.remoting.marshaler import Marshaler
    from pyorpc.remoting.proxy_manager import ProxyManager

A = TypeVar("A", bound=tuple[Any, ...])
R = TypeVar("R")
T = TypeVar("T", bound=IUnknown)

# Where an interface class keeps the proxy class that was generated for it.
PROXY_CLASS: Final = "_pyorpc_proxy_class"


class InterfaceProxy(IUnknown):
    """Usable in the context that it was unmarshaled in; elsewhere RPC_E_WRONG_THREAD.

    Two proxies are equal if they stand for the same object. `with proxy:` releases it at the end.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        bases: tuple[type, ...] = cls.__bases__
        for base in bases:
            if "IID" in base.__dict__ and not issubclass(base, InterfaceProxy):
                setattr(base, PROXY_CLASS, cls)  # pyright: ignore[reportUnknownArgumentType]

    def __init__(
        self, manager: ProxyManager, iface: type[IUnknown] | Guid, ipid: Ipid, marshaler: Marshaler
    ) -> None:
        self._manager = manager
        self._iface = iface
        self._marshaler = marshaler
        self._channel = Channel(manager, ipid, marshaler)
        self._uses = 0
        self._borrowers: WeakSet[object] = WeakSet()

    # ---- what generated methods call -------------------------------------------------------

    def _call(self, method: Method[A, R], args: A) -> R:
        try:
            result: R = self._channel.call(method, args)
        except ComError as error:
            self._channel.release_unsent(args, error)
            name_parameter(error, self, method.name.rpartition(".")[2])
            raise
        return result

    def _send(self, method: Method[A, None], args: A) -> None:
        try:
            self._channel.send(method, args)
        except ComError as error:
            self._channel.release_unsent(args, error)
            name_parameter(error, self, method.name.rpartition(".")[2])
            raise

    # ---- IUnknown --------------------------------------------------------------------------

    @overload
    def QueryInterface(self, iface: type[T]) -> T: ...
    @overload
    def QueryInterface(self, iface: Guid) -> IUnknown: ...
    def QueryInterface(self, iface: type[IUnknown] | Guid) -> IUnknown:
        """Another interface of the object: one round trip, then known. Raises E_NOINTERFACE."""
        state = thread_state()
        self._channel.check(state, f"QueryInterface({name_of(iface)})")
        face = self._marshaler.faces.get(iid_of(iface))
        if face is not None:
            return face(self)
        return self._marshaler.query(self._manager, self._channel.ipid, iface, state)

    def learn(self, iids: Sequence[Iid]) -> dict[Iid, ComError]:
        """Know several interfaces after one round trip; returns the object's refusals."""
        return self._marshaler.learn(self._manager, self._channel.ipid, iids, thread_state())

    @property
    def channel(self) -> Channel:
        return self._channel

    @property
    def marshaler(self) -> Marshaler:
        return self._marshaler

    @property
    def manager(self) -> ProxyManager:
        return self._manager

    def handed_out(self) -> None:
        """One more pointer of the user's is this proxy. Under its manager's lock."""
        self._uses += 1

    def lend(self, borrower: object) -> None:
        """Turn one pointer of the user's into one of `borrower`'s, for as long as that lives."""
        with self._manager.lock:
            self._uses -= 1
            self._borrowers.add(borrower)

    def give_up(self) -> int:
        """One pointer less; returns how many there still are. With the last, references go back."""
        manager = self._manager
        with manager.lock:
            if self._uses == 0:
                return 0
            self._uses -= 1
            left = self._uses + len(self._borrowers)
            if left > 0:
                return left
            self._channel.is_released = True
            manager.retire(self, iid_of(self._iface))
        self._marshaler.released(manager, thread_state())
        return 0

    # ---- Python ----------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, InterfaceProxy):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[int, int]:
        return self._manager.oxid, self._manager.oid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.give_up()

    def __repr__(self) -> str:
        return f"<{name_of(self._iface)} {self._manager!r}>"


class UnknownProxy(InterfaceProxy):
    """Of an object of which only IUnknown is known here."""


def proxy_class_for(iface: type[IUnknown] | Guid) -> type[InterfaceProxy] | None:
    if iface is IUnknown or isinstance(iface, Guid):
        return UnknownProxy
    return iface.__dict__.get(PROXY_CLASS)
