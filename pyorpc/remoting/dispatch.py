"""IDispatch: methods by name, with arguments whose types are found at run time.

A dual interface and a dispinterface have a table of their members, made when their module is
imported. An object answers with the table of its class, also where nothing is remote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pyorpc.enumerations import DISPATCH
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Iid, iid
from pyorpc.remoting.dispatch_table import UNKNOWN_ID, DispatchTable
from pyorpc.unknown import IUnknown

# By names or ids; of either, whatever type checkers think of a mapping with both.
Named = Mapping[Any, Any]


class IDispatch(IUnknown):
    """Methods by name, with arguments whose types are found at run time."""

    IID: ClassVar[Iid] = iid("00020400-0000-0000-c000-000000000046")
    DISPATCH_TABLE: ClassVar[DispatchTable] = DispatchTable("IDispatch")

    def GetTypeInfoCount(self) -> int:
        """How many type descriptions there are: none."""
        return 0

    def GetTypeInfo(self, index: int, lcid: int = 0) -> IUnknown | None:
        """A type description. Raises DISP_E_BADINDEX: there is none."""
        raise ComError(
            HRESULT(0x8002000B), f"{type(self).__name__} has no type description {index}"
        )

    def GetIDsOfNames(self, names: Sequence[str], lcid: int = 0) -> list[int]:
        """The id of a member, then those of its parameters. Case does not matter.

        Raises DISP_E_UNKNOWNNAME; `.outs` are the ids then, with -1 for each unknown name.
        """
        return checked_ids(self.DISPATCH_TABLE.ids_of(names), names)

    def Invoke(
        self,
        dispid: int,
        args: Sequence[Any] = (),
        *,
        named: Named | None = None,
        flags: int = DISPATCH.METHOD,
        lcid: int = 0,
    ) -> Any:
        """Call a method, or get or put a property, and return its result.

        `named` are arguments by the names or ids of their parameters. Raises DISP_E_MEMBERNOTFOUND,
        DISP_E_BADPARAMCOUNT, DISP_E_PARAMNOTFOUND, DISP_E_PARAMNOTOPTIONAL, DISP_E_TYPEMISMATCH,
        DISP_E_OVERFLOW, and DISP_E_EXCEPTION for what the member itself raises: see `.excep_info`.
        """
        return self.DISPATCH_TABLE.invoke(self, dispid, args, named or {}, flags, lcid)


def table_of(target: IDispatch, iface: type[IUnknown]) -> DispatchTable:
    """The members that an object shows to a pointer of that interface.

    Those of its class, unless that has several dual interfaces, and shows another one's.
    """
    own = next(each for each in type(target).__mro__ if "DISPATCH_TABLE" in vars(each))
    if issubclass(own, iface) or not issubclass(iface, IDispatch):
        return target.DISPATCH_TABLE
    return iface.DISPATCH_TABLE


def checked_ids(ids: list[int], names: Sequence[str]) -> list[int]:
    """The ids of names that are all known. Raises DISP_E_UNKNOWNNAME."""
    if UNKNOWN_ID not in ids:
        return ids
    unknown = names[ids.index(UNKNOWN_ID)]
    raise ComError(HRESULT.DISP_E_UNKNOWNNAME, f"there is no {unknown!r} here", outs=(ids,))
