"""SynchronizeContainer: waits for the first of up to 63 objects. Each is returned once, then gone.

Agile, any thread. Several threads may wait at once; no two get the same member.
"""

from __future__ import annotations

from threading import Lock
from typing import Final

from pyorpc.apartment.handle import Handle, earliest_of
from pyorpc.apartment.waits import Waker
from pyorpc.arguments import member_of, refuse_no_object
from pyorpc.enumerations import COWAIT
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.interfaces.call_idl import ISynchronize
from pyorpc.interfaces.synchronization_idl import ISynchronizeContainer
from pyorpc.services.synchronize import handle_of, wait_in_call

MOST_MEMBERS: Final = 63


class Member(Handle):
    """One object's handle, until a wait has taken it out of its container."""

    def __init__(self, pointer: ISynchronize) -> None:
        super().__init__()
        self.pointer = pointer
        self._handle = handle_of(pointer)
        self.lock = self._handle.lock  # so taking it out and taking its signal are one step
        self.is_gone = False

    @property
    def rank(self) -> int:  # type: ignore[override]  # the handle's own, as it is now
        return self._handle.rank

    @property
    def is_signalled(self) -> bool:
        return not self.is_gone and self._handle.is_signalled

    def consume_locked(self) -> None:
        self.is_gone = True
        self._handle.consume_locked()

    def subscribe(self, waker: Waker) -> None:
        self._handle.subscribe(waker)

    def unsubscribe(self, waker: Waker) -> None:
        self._handle.unsubscribe(waker)


class SynchronizeContainer(ISynchronizeContainer):
    """ISynchronizeContainer of objects that live in this process."""

    def __init__(self) -> None:
        self._lock = Lock()  # guards _members
        self._members: list[Member] = []

    def AddSynchronize(self, synchronize: ISynchronize | None) -> None:
        """Wait for this one too: an event object, or a call object.

        Raises E_INVALIDARG for None, E_NOINTERFACE where it has no handle (a proxy, say),
        RPC_E_OUT_OF_RESOURCES for the 64th.
        """
        refuse_no_object(synchronize, "synchronize")
        assert synchronize is not None
        member = Member(synchronize)
        with self._lock:
            if len(self._members) >= MOST_MEMBERS:
                raise ComError(
                    HRESULT.RPC_E_OUT_OF_RESOURCES,
                    f"the container is full: it has {MOST_MEMBERS} members",
                )
            self._members.append(member)

    def WaitMultiple(self, flags: int, timeout_ms: int) -> ISynchronize:
        """The member that was signalled first; it leaves the container.

        Raises RPC_S_CALLPENDING when the time is over, or where an alertable wait has run APCs;
        E_INVALIDARG with WAITALL, RPC_E_NO_SYNC where the container is empty.
        """
        if member_of(COWAIT, flags, "flags") & COWAIT.WAITALL:
            raise InvalidArgumentError(
                HRESULT.E_INVALIDARG, "flags: a container waits for one; WAITALL is not taken"
            )
        with self._lock:
            members = list(self._members)
        if not members:
            raise ComError(HRESULT.RPC_E_NO_SYNC, "the container is empty")
        index = wait_in_call(self, members, earliest_of, timeout_ms, flags)
        if index >= len(members):
            raise ComError(HRESULT.RPC_S_CALLPENDING, "the wait was ended by an APC")
        with self._lock:
            self._members.remove(members[index])
        return members[index].pointer
