"""What generated modules may rely on; they import nothing else of pyorpc. It only re-exports.

A change here that breaks modules generated before raises FORMAT.
"""

from __future__ import annotations

from typing import Final, Protocol, TypeVar

from msgspec import Meta

from pyorpc.enumerations import DISPATCH, VT
from pyorpc.errors import HRESULT
from pyorpc.ids import Guid, Iid, iid
from pyorpc.remoting.async_stub import AsyncStub
from pyorpc.remoting.awaitable import InterfaceAwaitable
from pyorpc.remoting.begun_pipes import BegunPipes
from pyorpc.remoting.call_object import CallObject
from pyorpc.remoting.dispatch import IDispatch
from pyorpc.remoting.dispatch_arguments import Argument
from pyorpc.remoting.dispatch_remote import DISPATCH_METHODS, IDispatchProxy
from pyorpc.remoting.dispatch_table import DispatchTable, Member
from pyorpc.remoting.full_pointers import FullPointers, as_it_is
from pyorpc.remoting.pipe import Pipe
from pyorpc.remoting.pipes_of_call import BeginPipes, CalleePipes, CallerPipes
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.stub import InterfaceStub
from pyorpc.remoting.variants import (
    pack_safe_array,
    pack_safe_records,
    pack_variant,
    unpack_safe_array,
    unpack_safe_bytes,
    unpack_safe_records,
    unpack_variant,
)
from pyorpc.unknown import IUnknown, iid_of, interface_for
from pyorpc.wire.codec import OpenIntEnum, OpenIntFlag, Struct
from pyorpc.wire.method import Method
from pyorpc.wire.no_struct import no_struct, too_deep
from pyorpc.wire.numbers import (
    Byte,
    Char,
    Float,
    Hyper,
    Long,
    Short,
    Small,
    UHyper,
    ULong,
    UShort,
)
from pyorpc.wire.objref import ObjRef
from pyorpc.wire.pipe_type import PipeType
from pyorpc.wire.safe_array import SafeArray, SafeArrayWire
from pyorpc.wire.sized import sized, sized_bytes
from pyorpc.wire.tagged import held, no_arm, present, switched
from pyorpc.wire.variant import OMITTED, VariantWire
from pyorpc.wire.variant_types import to_currency, to_decimal

FORMAT: Final = 1
T = TypeVar("T", bound=IUnknown)


class Channel(Protocol):
    """What pointers inside structs are marshaled with."""

    def marshal(self, obj: IUnknown | None, iface: type[IUnknown] | Guid) -> ObjRef | None: ...
    def unmarshal(self, ref: ObjRef | None, iface: type[T] | Guid) -> T | None: ...


def check_format(generated: int) -> None:
    """Called by every generated module when it is imported."""
    if generated != FORMAT:
        raise ImportError(
            f"this module was generated for format {generated}; this pyorpc reads {FORMAT}. "
            "Run `pyorpc idl compile` again"
        )


__all__ = [
    "DISPATCH",
    "DISPATCH_METHODS",
    "HRESULT",
    "OMITTED",
    "VT",
    "Argument",
    "AsyncStub",
    "BeginPipes",
    "BegunPipes",
    "Byte",
    "CallObject",
    "CalleePipes",
    "CallerPipes",
    "Channel",
    "Char",
    "DispatchTable",
    "Float",
    "FullPointers",
    "Guid",
    "Hyper",
    "IDispatch",
    "IDispatchProxy",
    "IUnknown",
    "Iid",
    "InterfaceAwaitable",
    "InterfaceProxy",
    "InterfaceStub",
    "Long",
    "Member",
    "Meta",
    "Method",
    "ObjRef",
    "OpenIntEnum",
    "OpenIntFlag",
    "Pipe",
    "PipeType",
    "SafeArray",
    "SafeArrayWire",
    "Short",
    "Small",
    "Struct",
    "UHyper",
    "ULong",
    "UShort",
    "VariantWire",
    "as_it_is",
    "check_format",
    "held",
    "iid",
    "iid_of",
    "interface_for",
    "no_arm",
    "no_struct",
    "pack_safe_array",
    "pack_safe_records",
    "pack_variant",
    "present",
    "sized",
    "sized_bytes",
    "switched",
    "to_currency",
    "to_decimal",
    "too_deep",
    "unpack_safe_array",
    "unpack_safe_bytes",
    "unpack_safe_records",
    "unpack_variant",
]
