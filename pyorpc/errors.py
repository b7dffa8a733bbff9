"""HRESULT and ComError: what a call came to.

Used by every layer, on any thread. A failing HRESULT is raised as ComError; `ComError(code, text)`
yields the subclass that belongs to the code, so one raises codes and catches kinds of trouble.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Self, TypeAlias, cast

if TYPE_CHECKING:
    from pyorpc.wire.error_info import ErrorInfo

Executed: TypeAlias = Literal["no", "yes", "unknown"]
Outcome: TypeAlias = Literal["not started", "stopped", "finished anyway", "unknown"]

_MASK: Final = 0xFFFFFFFF
_FAILURE_BIT: Final = 0x80000000


class HRESULT(IntEnum):
    """A 32-bit result code, unsigned. Unknown values pass through and print as hex.

    A negative 32-bit integer names the same code as its unsigned form.
    """

    # Success.
    S_OK = 0x00000000
    # Success with a negative or partial answer (initialised already, slot empty, some failed).
    S_FALSE = 0x00000001
    # Some but not all subscribers returned an error.
    EVENT_S_SOME_SUBSCRIBERS_FAILED = 0x00040200
    # The event was fired and nobody is subscribed.
    EVENT_S_NOSUBSCRIBERS = 0x00040202
    # Activation succeeded but only some of the requested interfaces were found.
    CO_S_NOTALLINTERFACES = 0x00080012
    # Operation not implemented.
    E_NOTIMPL = 0x80004001
    # The object does not offer the requested interface.
    E_NOINTERFACE = 0x80004002
    # A required out pointer is null.
    E_POINTER = 0x80004003
    # Unspecified failure.
    E_FAIL = 0x80004005
    # The server process could not be started.
    CO_E_CREATEPROCESS_FAILURE = 0x80004018
    # Operation not available here (a message filter outside an STA, say).
    CO_E_NOT_SUPPORTED = 0x80004021
    # Call made in an impossible state, or with a context pointer that is not the caller's.
    E_UNEXPECTED = 0x8000FFFF
    # The callee's message filter refused the call.
    RPC_E_CALL_REJECTED = 0x80010001
    # The call was cancelled (or had been already).
    RPC_E_CALL_CANCELED = 0x80010002
    # The server went away during the call.
    RPC_E_SERVER_DIED = 0x80010007
    # The caller's arguments cannot be represented on the wire.
    RPC_E_CLIENT_CANTMARSHAL_DATA = 0x8001000B
    # The method's results cannot be sent (they are too long, say).
    RPC_E_SERVER_CANTMARSHAL_DATA = 0x8001000D
    # A fixed capacity is exhausted (63 members in a container).
    RPC_E_OUT_OF_RESOURCES = 0x80010101
    # The server method raised an exception.
    RPC_E_SERVERFAULT = 0x80010105
    # The thread is already in an apartment of another kind.
    RPC_E_CHANGED_MODE = 0x80010106
    # Method number out of range.
    RPC_E_INVALIDMETHOD = 0x80010107
    # The object was disconnected from its clients.
    RPC_E_DISCONNECTED = 0x80010108
    # The callee is busy; try later.
    RPC_E_SERVERCALL_RETRYLATER = 0x8001010A
    # An outgoing call while handling an input-synchronous message during another call.
    RPC_E_CANTCALLOUT_ININPUTSYNCCALL = 0x8001010D
    # Pointer used in an apartment or context other than its own.
    RPC_E_WRONG_THREAD = 0x8001010E
    # Peers speak incompatible protocol versions.
    RPC_E_VERSION_MISMATCH = 0x80010110
    # Malformed call header or unknown flags.
    RPC_E_INVALID_HEADER = 0x80010111
    # The interface pointer id does not name a live interface.
    RPC_E_INVALID_OBJECT = 0x80010114
    # The wait timed out, or the call is still running.
    RPC_S_CALLPENDING = 0x80010115
    # No call is in progress, or it has already finished.
    RPC_E_CALL_COMPLETE = 0x80010117
    # Process security has already been initialised.
    RPC_E_TOO_LATE = 0x80010119
    # None of the offered authentication services is available.
    RPC_E_NO_GOOD_SECURITY_PACKAGES = 0x8001011A
    # The marshaled reference is malformed.
    RPC_E_INVALID_OBJREF = 0x8001011D
    # The operation did not finish in the allowed time.
    RPC_E_TIMEOUT = 0x8001011F
    # There is nothing to wait for.
    RPC_E_NO_SYNC = 0x80010120
    # Call cancellation is not enabled on the thread concerned.
    CO_E_CANCEL_DISABLED = 0x80010140
    # No member with that dispatch id.
    DISP_E_MEMBERNOTFOUND = 0x80020003
    # Marks an omitted optional argument.
    DISP_E_PARAMNOTFOUND = 0x80020004
    # Argument could not be converted.
    DISP_E_TYPEMISMATCH = 0x80020005
    # No member with that name.
    DISP_E_UNKNOWNNAME = 0x80020006
    # No parameter with that name or id, and other misfits of a late-bound call's arguments.
    DISP_E_UNKNOWNINTERFACE = 0x80020001
    DISP_E_OVERFLOW = 0x8002000A
    DISP_E_PARAMNOTOPTIONAL = 0x8002000F
    # The late-bound method failed; details are in the exception record.
    DISP_E_EXCEPTION = 0x80020009
    # Wrong number of arguments in a late-bound call.
    DISP_E_BADPARAMCOUNT = 0x8002000E
    # The stream ended before a whole reference was read.
    STG_E_READFAULT = 0x8003001E
    # The class cannot be aggregated here.
    CLASS_E_NOAGGREGATION = 0x80040110
    # Class not registered for the requested context.
    REGDB_E_CLASSNOTREG = 0x80040154
    # No proxy/stub is registered for the interface.
    REGDB_E_IIDNOTREG = 0x80040155
    # Unrecognised threading model value.
    REGDB_E_BADTHREADINGMODEL = 0x80040156
    # No object of the class is registered as active.
    MK_E_UNAVAILABLE = 0x800401E3
    # The calling thread belongs to no apartment.
    CO_E_NOTINITIALIZED = 0x800401F0
    # The reference names an object that is no longer exported.
    CO_E_OBJNOTREG = 0x800401FB
    # Class object already registered in this apartment.
    CO_E_OBJISREG = 0x800401FC
    # The proxy or packet has no live connection to its object.
    CO_E_OBJNOTCONNECTED = 0x800401FD
    # Every subscriber returned an error.
    EVENT_E_ALL_SUBSCRIBERS_FAILED = 0x80040201
    # The filter string does not parse.
    EVENT_E_QUERYSYNTAX = 0x80040203
    # The filter names an unknown field or parameter.
    EVENT_E_QUERYFIELD = 0x80040204
    # The subscription names an unregistered event class.
    EVENT_E_MISSING_EVENTCLASS = 0x8004020A
    # No transaction is present.
    XACT_E_NOTRANSACTION = 0x8004D00E
    # Call made in the wrong order or after the transaction ended.
    XACT_E_WRONGSTATE = 0x8004D011
    # The transaction was aborted.
    XACT_E_ABORTED = 0x8004D019
    # Recovery of the log is still running.
    XACT_E_RECOVERYINPROGRESS = 0x8004D082
    # The object has no configured context.
    CONTEXT_E_NOCONTEXT = 0x8004E004
    # A context may not be disconnected from a call executing inside it.
    CONTEXT_E_WOULD_DEADLOCK = 0x8004E005
    # The activity lock was not obtained in time.
    CONTEXT_E_SYNCH_TIMEOUT = 0x8004E006
    # Activation (for example from a full pool) did not finish within its time limit.
    CO_E_ACTIVATIONFAILED_TIMEOUT = 0x8004E024
    # The object's constructor or activation step failed.
    CO_E_INITIALIZATIONFAILED = 0x8004E025
    # Caller lacks the required permission or authentication level.
    E_ACCESSDENIED = 0x80070005
    # An argument is null, out of range or reserved.
    E_INVALIDARG = 0x80070057
    # The server cannot be reached (Win32 1722 as HRESULT).
    RPC_S_SERVER_UNAVAILABLE = 0x800706BA
    # The connection broke while a call was in progress (Win32 1726 as HRESULT).
    RPC_S_CALL_FAILED = 0x800706BE
    # Union discriminant has no arm (Win32 1733 as HRESULT).
    RPC_S_INVALID_TAG = 0x800706C5
    # Null passed for a ref pointer (Win32 1780 as HRESULT).
    RPC_X_NULL_REF_POINTER = 0x800706F4
    # Unknown object exporter (Win32 1910 as HRESULT).
    OR_INVALID_OXID = 0x80070776
    # Unknown ping set (Win32 1912 as HRESULT).
    OR_INVALID_SET = 0x80070778
    # The server was started but did not register the class in time.
    CO_E_SERVER_EXEC_FAILURE = 0x80080005
    # The server has suspended its class objects and is shutting down.
    CO_E_SERVER_STOPPING = 0x80080008
    # The class cannot be configured for pooling.
    COMADMIN_E_OBJECTNOTPOOLABLE = 0x8011043F
    # The application is not configured for queuing.
    COMQC_E_APPLICATION_NOT_QUEUED = 0x80110600
    # The class has no interface with only in-parameters.
    COMQC_E_NO_QUEUEABLE_INTERFACES = 0x80110601
    # An object passed to a queued call cannot be persisted.
    COMQC_E_NO_IPERSISTSTREAM = 0x80110603
    # The queued message is damaged.
    COMQC_E_BAD_MESSAGE = 0x80110604
    # Operation aborted.
    E_ABORT = 0x80004004
    # Not enough memory.
    E_OUTOFMEMORY = 0x8007000E
    # Invalid class string or ProgID.
    CO_E_CLASSSTRING = 0x800401F3
    # Received data does not fit the declared type.
    RPC_X_BAD_STUB_DATA = 0x800706F7
    # A Push behind the end of a pipe, or a pipe whose other end was closed.
    RPC_X_PIPE_CLOSED = 0x8007077C
    # A blocking call out is not allowed here (a trio thread; an asynchronous call).
    RPC_E_CANTCALLOUT_INASYNCCALL = 0x80010004

    # The spellings of older texts.
    CO_E_NOTSUPPORTED = 0x80004021
    RPC_E_WRONGTHREAD = 0x8001010E
    RPC_E_CALL_CANCELLED = 0x80010002

    @classmethod
    def _missing_(cls, value: object) -> HRESULT | None:
        if not isinstance(value, int) or not -_FAILURE_BIT <= value <= _MASK:
            return None  # enum raises ValueError
        unsigned = value & _MASK
        known = cls._value2member_map_.get(unsigned)
        if known is not None:
            return cast("HRESULT", known)
        # Not kept in the enum's map: a peer could fill the memory with codes.
        unnamed = int.__new__(cls, unsigned)
        unnamed._name_ = f"0x{unsigned:08X}"
        unnamed._value_ = unsigned
        return unnamed

    @property
    def failed(self) -> bool:
        return self >= _FAILURE_BIT

    @property
    def succeeded(self) -> bool:
        return self < _FAILURE_BIT

    @property
    def is_known(self) -> bool:
        """Whether the code has a name here."""
        return self._value_ in HRESULT._value2member_map_

    def __str__(self) -> str:
        return f"{self._name_} (0x{self._value_:08X})" if self.is_known else self._name_

    def __repr__(self) -> str:
        return f"<HRESULT {self}>"

    def __format__(self, spec: str) -> str:
        return int.__format__(self, spec) if spec else str(self)


class ComError(Exception):
    """A call failed with `hresult`. `executed` is "no" only if the method certainly did not start.

    `outcome` is set for cancelled calls, `remote_traceback` where the callee's policy sends one,
    `outs` where a function has results although it fails, `error_info` where the callee has set it.
    """

    hresult: HRESULT
    description: str
    executed: Executed
    outcome: Outcome | None
    remote_traceback: str | None
    outs: tuple[Any, ...]
    error_info: ErrorInfo | None = None
    excep_info: ExcepInfo | None = None  # of DISP_E_EXCEPTION
    # Of a call that was refused, for the caller's message filter; 0: unknown.
    callee: int = 0
    made_at: float = 0.0
    # Of a call that its caller gave up: a weak reference to it, for what becomes known later.
    of_call: Any = None

    def __new__(cls, *args: Any, **details: Any) -> Self:
        hresult, description = _code_and_text(*args, **details)
        if not isinstance(hresult, int):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                f"{cls.__name__}({hresult!r:.60}): the code comes first: "
                f'{cls.__name__}(HRESULT.E_FAIL, "what was tried, on what")'
            )
        kind = KINDS.get(hresult & _MASK, cls) if cls is ComError else cls
        # One argument only: with two, the builtin OSError takes them for errno and strerror.
        return cast("Self", super(ComError, kind).__new__(kind, description))

    def __init__(  # noqa: PLR0913  # one keyword for each attribute
        self,
        hresult: int,
        description: str = "",
        *,
        executed: Executed = "unknown",
        outcome: Outcome | None = None,
        remote_traceback: str | None = None,
        outs: tuple[Any, ...] = (),
    ) -> None:
        self.hresult = HRESULT(hresult)
        self.description = description
        self.executed = executed
        self.outcome = outcome
        self.remote_traceback = remote_traceback
        self.outs = outs
        self.args = (self.hresult, description)

    def __str__(self) -> str:
        return f"{self.hresult}: {self.description}" if self.description else str(self.hresult)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"


def _code_and_text(hresult: int, description: str = "", **_details: object) -> tuple[int, str]:
    return hresult, description


class DisconnectedError(ComError, ConnectionError):
    """The object, its process or the way to it is gone."""


class CallCanceledError(ComError):
    """The call was cancelled; `outcome` says what became of it."""


class CallTimeoutError(ComError, TimeoutError):
    """The time given to the call is spent."""


class DeadlockError(CallTimeoutError):
    """The call could never have ended: `cycle` names the apartments that wait for each other."""

    cycle: tuple[str, ...]

    def __init__(
        self,
        hresult: int,
        description: str = "",
        *,
        executed: Executed = "unknown",
        cycle: tuple[str, ...] = (),
    ) -> None:
        super().__init__(hresult, description, executed=executed)
        self.cycle = cycle


class AccessDeniedError(ComError, PermissionError):
    """The caller lacks a permission."""


class InvalidArgumentError(ComError, ValueError):
    """The caller gave something that the callee, or the wire, cannot take."""


KINDS: Final[dict[int, type[ComError]]] = {
    HRESULT.RPC_E_DISCONNECTED: DisconnectedError,
    HRESULT.CO_E_OBJNOTCONNECTED: DisconnectedError,
    HRESULT.RPC_E_SERVER_DIED: DisconnectedError,
    HRESULT.RPC_S_CALL_FAILED: DisconnectedError,
    HRESULT.RPC_S_SERVER_UNAVAILABLE: DisconnectedError,
    HRESULT.RPC_E_CALL_CANCELED: CallCanceledError,
    HRESULT.RPC_E_TIMEOUT: CallTimeoutError,
    HRESULT.CONTEXT_E_SYNCH_TIMEOUT: CallTimeoutError,
    HRESULT.E_ACCESSDENIED: AccessDeniedError,
    HRESULT.E_INVALIDARG: InvalidArgumentError,
    HRESULT.E_POINTER: InvalidArgumentError,
    HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA: InvalidArgumentError,
    HRESULT.RPC_X_NULL_REF_POINTER: InvalidArgumentError,
    HRESULT.RPC_S_INVALID_TAG: InvalidArgumentError,
    HRESULT.CO_E_CLASSSTRING: InvalidArgumentError,
}

if TYPE_CHECKING:
    _FitsAnyResult = Any
else:
    _FitsAnyResult = object


class ExcepInfo(NamedTuple):
    """What a late-bound method failed with: `.excep_info` of a DISP_E_EXCEPTION."""

    scode: HRESULT
    description: str = ""
    source: str = ""


class Success(_FitsAnyResult):  # type: ignore[misc]  # fits wherever a method's result does
    """What a method returns to succeed with another code than S_OK: `Success(S_FALSE, value)`.

    `value` is what the method would have returned. (In a method declared `-> None` type checkers
    accept no value at all: declare it `-> Any` there.)
    """

    __slots__ = ("hresult", "value")

    hresult: HRESULT
    value: object

    def __init__(self, hresult: int, value: object = None) -> None:
        self.hresult = HRESULT(hresult)
        self.value = value
        if self.hresult.failed:
            raise InvalidArgumentError(
                HRESULT.E_INVALIDARG, f"Success({self.hresult}): a failure is raised as ComError"
            )

    def __repr__(self) -> str:
        return f"Success({self.hresult}, {self.value!r})"
