"""AsyncStub: how a stub calls an object that makes call objects, and so frees the thread.

Mixed into generated AsyncIFooStubs, which are taken for objects that implement ICallFactory; others
have the plain stub, and nothing to pay. The caller cannot tell the two apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.pending_call import PendingCall
from pyorpc.remoting.stub import MethodEntry
from pyorpc.unknown import IUnknown
from pyorpc.wire.method import Method

# Its function takes the stub, the call object, and the [in]s as they came.
AsyncEntry = tuple[Method[Any, Any], Callable[[Any, Any, Any], Any]]


class AsyncStub:
    """`BEGIN` and `FINISH` have the Method and the function of every slot, of `CALL`."""

    CALL: ClassVar[type[IUnknown]]
    BEGIN: ClassVar[dict[int, AsyncEntry]] = {}
    FINISH: ClassVar[dict[int, AsyncEntry]] = {}
    SYNC: ClassVar[dict[int, MethodEntry]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "BEGIN" not in vars(cls):
            return  # it derives from a generated one
        async_class: Any = cls  # also the stub class that stands behind this one
        bases: tuple[Any, ...] = cls.__bases__
        [sync_class] = (base for base in bases if base is not AsyncStub)
        async_class.SYNC = sync_class.METHODS
        begun = {slot: (method, begin_method) for slot, (method, _) in cls.BEGIN.items()}
        async_class.METHODS = {**sync_class.METHODS, **begun}
        sync_class.FOR_CALL_FACTORIES = async_class


def begin_method(stub: Any, args: Any) -> object:
    """In place of a stub's function. Runs Begin_X; or the method, as the object likes (R-10)."""
    incoming = thread_state().incoming
    incoming.is_started = False  # by whichever of the two
    pending = PendingCall(incoming, stub.CALL)
    call = stub.create_call(pending)
    incoming.is_started = True
    if call is None:
        return stub.SYNC[incoming.slot][1](stub, args)
    try:
        stub.BEGIN[incoming.slot][1](stub, call, args)
    except BaseException:
        pending.failed()
        raise
    finish = stub.FINISH[incoming.slot][1]
    return pending.begun(lambda: finish(stub, call, args))
