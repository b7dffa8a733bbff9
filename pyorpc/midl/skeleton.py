"""The text of a new IDL file: one interface with one method, and fresh ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

SKELETON = """\
// {title}. Compile it with: pyorpc idl compile {file_name}
import "unknwn.idl";

/// The class: what `pyorpc.create_instance` makes.
const LPCWSTR CLSID_{title} = L"{clsid}";

/// What the objects are for.
{attributes}
interface {interface} : IUnknown
{{
    /// What the method does.
    HRESULT DoIt([in] BSTR text, [out, retval] long *count);
}};
"""
ATTRIBUTES = "[object, uuid({iid}), pointer_default(unique)]"
ASYNC_ATTRIBUTES = """\
[
    object,
    uuid({iid}),
    async_uuid({async_iid}),
    pointer_default(unique)
]"""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A new file. `async_iid` is None if the interface has no asynchronous form."""

    name: str
    clsid: UUID
    iid: UUID
    interface: str = ""
    async_iid: UUID | None = None

    @property
    def title(self) -> str:
        """The name as classes are called: `StockTicker` for `stock_ticker`."""
        parts = re.split(r"[_\W]+", self.name)
        return "".join(part[:1].upper() + part[1:] for part in parts)

    def text(self) -> str:
        """Give the text; it compiles if the names are ones that IDL can have."""
        has_async = self.async_iid is not None
        attributes = ASYNC_ATTRIBUTES if has_async else ATTRIBUTES
        return SKELETON.format(
            title=self.title,
            file_name=f"{self.name}.idl",
            clsid=self.clsid,
            attributes=attributes.format(iid=self.iid, async_iid=self.async_iid),
            interface=self.interface or f"I{self.title}",
        )
