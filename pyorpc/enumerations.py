"""COM's enumerations, with COM's names and values: `COINIT.APARTMENTTHREADED`, `CLSCTX.ALL`.

Sets of bits are IntFlags (bits that we do not know are kept), the others IntEnums. Everybody may
import this file; it imports nothing of ours.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final

INFINITE: Final = 0xFFFFFFFF
"""A time-out in milliseconds that never passes."""


# ---- Apartments --------------------------------------------------------------------------


class COINIT(IntFlag):
    """The kind of apartment that a thread enters. The last two are accepted and change nothing."""

    MULTITHREADED = 0
    APARTMENTTHREADED = 2
    DISABLE_OLE1DDE = 4
    SPEED_OVER_MEMORY = 8


class APTTYPE(IntEnum):
    """What kind of apartment a thread is in."""

    CURRENT = -1
    STA = 0
    MTA = 1
    NA = 2
    MAINSTA = 3


class APTTYPEQUALIFIER(IntEnum):
    """How a thread came to be in its apartment: not at all by itself, or as a neutral visitor."""

    NONE = 0
    IMPLICIT_MTA = 1
    NA_ON_MTA = 2
    NA_ON_STA = 3
    NA_ON_IMPLICIT_MTA = 4
    NA_ON_MAINSTA = 5
    APPLICATION_STA = 6


class THDTYPE(IntEnum):
    """Whether a thread that waits for COM blocks (MTA) or serves its queue meanwhile (STA)."""

    BLOCKMESSAGES = 0
    PROCESSMESSAGES = 1


class COWAIT(IntFlag):
    """How `wait_for_multiple_handles` waits."""

    DEFAULT = 0
    WAITALL = 1
    ALERTABLE = 2
    INPUTAVAILABLE = 4
    DISPATCH_CALLS = 8


# ---- Message filters ---------------------------------------------------------------------


class CALLTYPE(IntEnum):
    """What an incoming call is, as `IMessageFilter.HandleInComingCall` is told."""

    TOPLEVEL = 1
    NESTED = 2
    ASYNC = 3
    TOPLEVEL_CALLPENDING = 4
    ASYNC_CALLPENDING = 5


class SERVERCALL(IntEnum):
    """What a message filter decides on an incoming call."""

    ISHANDLED = 0
    REJECTED = 1
    RETRYLATER = 2


class PENDINGTYPE(IntEnum):
    """Whether the outgoing call that waits is the thread's first or was made inside another."""

    TOPLEVEL = 1
    NESTED = 2


class PENDINGMSG(IntEnum):
    """What `IMessageFilter.MessagePending` decides on an item that arrives during a wait."""

    CANCELCALL = 0
    WAITNOPROCESS = 1
    WAITDEFPROCESS = 2


# ---- Marshaling --------------------------------------------------------------------------


class MSHCTX(IntEnum):
    """How far away the unmarshaler of a packet is."""

    LOCAL = 0
    NOSHAREDMEM = 1
    DIFFERENTMACHINE = 2
    INPROC = 3
    CROSSCTX = 4


class MSHLFLAGS(IntFlag):
    """How often a packet may be unmarshaled, and whether its holders ping."""

    NORMAL = 0
    TABLESTRONG = 1
    TABLEWEAK = 2
    NOPING = 4


class EXTCONN(IntFlag):
    """The kind of external connection that `IExternalConnection` is told of."""

    STRONG = 1
    WEAK = 2
    CALLABLE = 4


# ---- Activation --------------------------------------------------------------------------


class CLSCTX(IntFlag):
    """Where the code of a class may run. ALL is what `create_instance` takes by default."""

    INPROC_SERVER = 0x1
    INPROC_HANDLER = 0x2
    LOCAL_SERVER = 0x4
    REMOTE_SERVER = 0x10
    NO_CUSTOM_MARSHAL = 0x1000
    NO_FAILURE_LOG = 0x4000
    FROM_DEFAULT_CONTEXT = 0x20000
    INPROC = INPROC_SERVER | INPROC_HANDLER
    SERVER = INPROC_SERVER | LOCAL_SERVER | REMOTE_SERVER
    ALL = INPROC | SERVER


class REGCLS(IntFlag):
    """How a class object is registered."""

    SINGLEUSE = 0
    MULTIPLEUSE = 1
    MULTI_SEPARATE = 2
    SUSPENDED = 4
    SURROGATE = 8
    AGILE = 0x10


# ---- Late binding ------------------------------------------------------------------------


class DISPATCH(IntFlag):
    """What `IDispatch.Invoke` does with a member."""

    METHOD = 1
    PROPERTYGET = 2
    PROPERTYPUT = 4
    PROPERTYPUTREF = 8


# ---- Variants ----------------------------------------------------------------------------


class VT(IntEnum):
    """The type of a VARIANT's value: a base type, alone or with ARRAY, VECTOR or BYREF.

    `VT.ARRAY | VT.I4` is a VT again.
    """

    EMPTY = 0
    NULL = 1
    I2 = 2
    I4 = 3
    R4 = 4
    R8 = 5
    CY = 6
    DATE = 7
    BSTR = 8
    DISPATCH = 9
    ERROR = 10
    BOOL = 11
    VARIANT = 12
    UNKNOWN = 13
    DECIMAL = 14
    I1 = 16
    UI1 = 17
    UI2 = 18
    UI4 = 19
    I8 = 20
    UI8 = 21
    INT = 22
    UINT = 23
    VOID = 24
    HRESULT = 25
    PTR = 26
    SAFEARRAY = 27
    CARRAY = 28
    USERDEFINED = 29
    LPSTR = 30
    LPWSTR = 31
    RECORD = 36
    INT_PTR = 37
    UINT_PTR = 38
    FILETIME = 64
    BLOB = 65
    STREAM = 66
    STORAGE = 67
    STREAMED_OBJECT = 68
    STORED_OBJECT = 69
    BLOB_OBJECT = 70
    CF = 71
    CLSID = 72
    VERSIONED_STREAM = 73
    BSTR_BLOB = 0xFFF
    VECTOR = 0x1000
    ARRAY = 0x2000
    BYREF = 0x4000
    RESERVED = 0x8000
    ILLEGAL = 0xFFFF
    ILLEGALMASKED = 0xFFF
    TYPEMASK = 0xFFF

    @classmethod
    def _missing_(cls, value: object) -> VT | None:
        if not isinstance(value, int) or not 0 <= value <= cls.ILLEGAL:
            return None
        # Not kept in the enum's map: most of the numbers mean nothing.
        unnamed = int.__new__(cls, value)
        unnamed._name_ = _names_of(value)
        unnamed._value_ = value
        return unnamed

    def __or__(self, other: int) -> VT:
        return VT(int(self) | int(other))

    __ror__ = __or__

    def __and__(self, other: int) -> VT:
        return VT(int(self) & int(other))

    __rand__ = __and__

    def __str__(self) -> str:
        return "VT." + self._name_.replace("|", "|VT.")

    @property
    def base(self) -> VT:
        """The type without ARRAY, VECTOR and BYREF."""
        return self & VT.TYPEMASK


def _names_of(value: int) -> str:
    """How a combination is written: `ARRAY|I4`."""
    combining = (VT.RESERVED, VT.BYREF, VT.ARRAY, VT.VECTOR)
    flags = [flag for flag in combining if value & int(flag)]
    base = value & int(VT.TYPEMASK)
    known = VT._value2member_map_.get(base)
    rest = str(base) if known is None else known._name_
    return "|".join([*(flag._name_ for flag in flags), rest])
