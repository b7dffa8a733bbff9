"""IDispatch: methods by name, with arguments whose types are found at run time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pyorpc.enumerations import DISPATCH
from pyorpc.ids import Iid, iid
from pyorpc.unknown import IUnknown


class IDispatch(IUnknown):
    """Methods by name, with arguments whose types are found at run time."""

    IID: ClassVar[Iid] = iid("00020400-0000-0000-c000-000000000046")

    def GetIDsOfNames(self, names: Sequence[str], lcid: int = 0) -> list[int]:
        """The dispatch id of a member, and of its parameters. Raises DISP_E_UNKNOWNNAME."""
        raise NotImplementedError

    def Invoke(
        self,
        dispid: int,
        args: Sequence[Any] = (),
        *,
        named: Mapping[str | int, Any] | None = None,
        flags: int = DISPATCH.METHOD,
        lcid: int = 0,
    ) -> Any:
        """Call a method, or get or put a property. Raises DISP_E_*."""
        raise NotImplementedError
