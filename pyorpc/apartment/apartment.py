"""Apartment: where objects live and on which thread their methods run.

`submit` is the one place where a call changes to the object's thread. Accept-or-refuse is atomic:
whatever `submit` takes is run or refused, and so answered.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Callable, Coroutine
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from pyorpc.apartment.admission import ItemKind
from pyorpc.apartment.apartment_state import MOVES, ApartmentEvent, ApartmentState
from pyorpc.errors import HRESULT, ComError, DisconnectedError
from pyorpc.ids import CausalityId, Oxid

if TYPE_CHECKING:
    from pyorpc.apartment.waits import Waker


class ApartmentKind(Enum):
    """What decides which thread runs an object's methods."""

    STA = "STA"
    MTA = "MTA"
    NEUTRAL = "NTA"


class Inbox(Protocol):
    """What an apartment's threads wait on. A Port implements it."""

    def receive(self, timeout_s: float | None, max_events: int = -1) -> None: ...
    def wake(self) -> None: ...
    def watch(self, descriptor: int, readable: Callable[[], None]) -> None: ...
    def unwatch(self, descriptor: int) -> None: ...
    def fileno(self) -> int: ...
    def serve_foreign_loop(self) -> None: ...
    def close(self) -> None: ...
    @property
    def has_unread(self) -> bool: ...


class WorkItem(Protocol):
    """One thing to do on a thread of the apartment: an incoming call, say."""

    kind: ItemKind
    causality: CausalityId | None

    def run(self) -> None:
        """Do it. Never raises: its outcome goes to whoever asked for it."""

    def refuse(self, error: ComError) -> None:
        """It will not run; tell whoever asked. Any thread; never raises."""


class Awaitable(Protocol):
    """What a thread may wait for."""

    @property
    def is_done(self) -> bool:
        """Becomes true once, before the waiter is woken."""
        ...


class TaskLoop(Protocol):
    """Runs coroutines on the thread of an apartment: `pyorpc.trio` has one."""

    def start(
        self, call: Any, coroutine: Coroutine[Any, Any, Any], finish: Callable[[Any], object]
    ) -> object:
        """Run the method of an incoming call as a task; what it gives goes through `finish`."""

    async def checkpoint(self) -> None:
        """Let others run; raises what a cancelled scope raises."""

    async def completed(self, call: Any, channel: Any) -> None:
        """Return when a begun call is done. A cancelled scope cancels the call."""

    async def until_clear(self, attempt: Callable[[Waker], Awaitable | None]) -> None:
        """Return when `attempt` gives None; else it says what wakes the waker before the next."""

    def feed(self, queue: Any, chunks: AsyncIterable[Any]) -> None:
        """Push the chunks of an async iterable to a ChunkQueue, as a task."""


class Apartment(ABC):
    """An STA, the MTA or the neutral apartment."""

    kind: ApartmentKind

    def __init__(self, oxid: Oxid, name: str) -> None:
        self.oxid = oxid
        self.name = name
        self.state = ApartmentState.OPEN
        self.is_closed = False  # it does not take calls any more: not OPEN
        # How its threads call other processes: Lines, a layer above. Set by the Runtime.
        self.lines: Any = None
        # Calls that its objects go on with without its threads. Taken out by whoever ends one.
        self.deferred: set[Any] = set()
        self.loop: TaskLoop | None = None  # who runs its `async def` methods; None: nobody

    def __repr__(self) -> str:
        return f"<{self.name} {self.oxid:016x}>"

    @abstractmethod
    def submit(self, item: WorkItem) -> None:
        """Accept `item` for a thread of this apartment, any thread.

        Raises CO_E_OBJNOTCONNECTED once closed, RPC_E_SERVERCALL_RETRYLATER when the queue is
        full; what is accepted is run or refused.
        """

    @abstractmethod
    def close(self) -> None:
        """Refuse what waits and all that comes later."""

    def ended(self) -> None:
        """Its sockets are closed: nothing of it is left. After `close`."""
        self.apply(ApartmentEvent.END)

    def apply(self, event: ApartmentEvent) -> None:
        """Move as the table says; where others submit, under the lock that they take for it."""
        self.state = MOVES[self.state, event]
        self.is_closed = True

    @abstractmethod
    def is_current_thread(self) -> bool:
        """Whether the calling thread may run this apartment's objects without a hand-off."""

    @abstractmethod
    def queue_length(self) -> int:
        """Items accepted and not yet begun."""

    def closed_error(self) -> DisconnectedError:
        return DisconnectedError(
            HRESULT.CO_E_OBJNOTCONNECTED,
            f"{self!r} has ended: its thread left COM (uninitialize) or its runtime closed",
            executed="no",
        )

    def gone_error(self) -> DisconnectedError:
        """For what was accepted and then never begun."""
        return DisconnectedError(
            HRESULT.RPC_E_DISCONNECTED, f"{self!r} ended before the call began", executed="no"
        )

    def full_error(self, limit: int) -> ComError:
        return ComError(
            HRESULT.RPC_E_SERVERCALL_RETRYLATER,
            f"the queue of {self!r} is full ({limit} items; setting max_queue): try later",
            executed="no",
        )
