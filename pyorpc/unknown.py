"""IUnknown: the root of every interface, and the table of interface classes by IID.

Interface classes enter the table when they are defined; the table holds them weakly, so a module
that is unloaded takes its interfaces along.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar, overload
from weakref import WeakValueDictionary

from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.ids import Guid, Iid, iid

T = TypeVar("T", bound="IUnknown")
Part = Callable[["IUnknown"], "IUnknown"]
# Where a class keeps what it aggregates: interfaces that other objects answer for its objects.
PARTS: Final = "_pyorpc_parts"


class IUnknown:
    """What every interface, proxy and implementation is."""

    IID: ClassVar[Iid] = iid("00000000-0000-0000-c000-000000000046")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # An interface class states its own IID; an implementation only inherits one.
        if "IID" in cls.__dict__:
            _INTERFACES[cls.IID] = cls

    @overload
    def QueryInterface(self, iface: type[T]) -> T: ...
    @overload
    def QueryInterface(self, iface: Guid) -> IUnknown: ...
    def QueryInterface(self, iface: type[IUnknown] | Guid) -> IUnknown:
        """Return the object as `iface` (an interface class or its IID). Raises E_NOINTERFACE."""
        wanted = interface_for(iface) if isinstance(iface, Guid) else iface
        if isinstance(wanted, type) and isinstance(self, wanted):
            return self
        parts: dict[Guid, Part] = getattr(type(self), PARTS, {})
        if parts and (part := parts.get(iid_of(wanted))) is not None:
            return part(self)
        raise ComError(
            HRESULT.E_NOINTERFACE, f"{type(self).__name__} does not implement {name_of(iface)}"
        )


_INTERFACES: Final[WeakValueDictionary[Guid, type[IUnknown]]] = WeakValueDictionary()
_INTERFACES[IUnknown.IID] = IUnknown


def interface_for(identifier: Guid) -> type[IUnknown] | Guid:
    """The interface class with that IID, or the IID itself where no such class is loaded."""
    found = _INTERFACES.get(identifier)
    return identifier if found is None else found


def iid_of(iface: type[IUnknown] | Guid) -> Iid:
    """The IID that `iface` names. Raises E_INVALIDARG for anything but an interface or a Guid."""
    if isinstance(iface, Guid):
        return Iid(iface)
    # Anything may arrive here from user code, whatever the annotation says.
    found: object = getattr(iface, "IID", None)
    if isinstance(found, Guid):
        return Iid(found)
    raise InvalidArgumentError(
        HRESULT.E_INVALIDARG,
        f"{iface!r} is no interface: pass a generated interface class, or its IID",
    )


def name_of(iface: type[IUnknown] | Guid) -> str:
    """How texts call an interface: its class's name, else its IID."""
    known = interface_for(iface) if isinstance(iface, Guid) else iface
    return known.__name__ if isinstance(known, type) else str(known)
