"""StubManager: one exported object. Its interface stubs, its references, its running calls.

It keeps the object alive while anybody outside holds a reference. A weak packet keeps it until the
first clients have come and gone; from then on the object is known weakly. The object's last
reference is dropped on a thread of its apartment, in its context.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from time import monotonic, time
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

from pyorpc.errors import HRESULT, ComError, DisconnectedError
from pyorpc.ids import Iid, Ipid, Oid
from pyorpc.remoting.stub_state import MOVES, StubEvent, StubState
from pyorpc.unknown import IUnknown
from pyorpc.wire.objref import SORF_NOPING

if TYPE_CHECKING:
    from pyorpc.apartment.apartment import Apartment
    from pyorpc.context.context import Context
    from pyorpc.remoting.stub import InterfaceStub


# Looking a member up in its class takes half as long as taking the lock.
_CONNECTED: Final = StubState.CONNECTED


class StubManager:
    """Made by the Exporter when an object is first marshaled; its counts are under `lock`."""

    def __init__(self, target: IUnknown, oid: Oid, context: Context) -> None:
        self.target: IUnknown | None = target
        self.object_id = id(target)
        self.type_name = type(target).__name__
        self.since = time()  # when it was exported
        self.loose: ref[IUnknown] | None = None  # instead of target while it is LOOSE
        self.oid = oid
        self.context = context
        self.apartment: Apartment = context.apartment
        self.lock = threading.Lock()  # guards everything below
        self.stubs: dict[Iid, InterfaceStub[Any]] = {}
        self.ipids: dict[Iid, Ipid] = {}
        self.state = StubState.CONNECTED
        self.public_refs = 0  # handed out in NORMAL packets and by add-ref, not yet given back
        self.claimed_refs = 0  # those of them that a peer process says it holds
        self.adrift = 0  # those in packets that go nobody knows where, not yet claimed
        self.strong_packets = 0  # TABLESTRONG packets, and locks
        self.weak_packets = 0
        self.is_kept_by_weak = False  # until the last client has gone, or a lock was undone so
        self.locks = 0
        # Packets made by hand and neither used up nor released: by IPID and kind.
        self.packets: Counter[tuple[bytes, int]] = Counter()
        # The object wants to know whether it has connections, and what it was told.
        # The class is asked: an object's own __getattr__ must not run in the exporter's lock.
        kind = type(target)
        self.is_watched = hasattr(kind, "AddConnection") and hasattr(kind, "ReleaseConnection")
        self.was_told = False
        self.running = 0  # calls that are inside the object now
        self.last_left = -math.inf  # when the last one left (time.monotonic)
        self.on_drained: list[Any] = []  # called once, when `running` falls to 0
        # Made by a LOCAL_SERVER class object, or handed out by such an object: it is disconnected
        # together with its context.
        self.goes_with_context = False
        # Never pinged (NOPING): only its holder releases it.
        self.is_pinged = True

    def __repr__(self) -> str:
        return f"<stub of {type(self.target).__name__} {self.oid:016x} in {self.apartment!r}>"

    @property
    def is_wanted(self) -> bool:
        """Whether anything outside keeps the object."""
        return self.public_refs > 0 or self.strong_packets > 0

    def apply(self, event: StubEvent) -> None:
        """Make the move that the table has for `event`. Under the lock, except from finalizers."""
        self.state = MOVES[self.state, event]

    @property
    def objref_flags(self) -> int:
        """What the flags of its OBJREFs say."""
        return 0 if self.is_pinged else SORF_NOPING

    def drift(self, refs: int) -> None:
        """References leave in a packet that somebody carries by hand."""
        with self.lock:
            self.adrift += refs

    def landed(self, refs: int) -> int:
        """Such a packet is used, or given up; how many of its references were known to drift."""
        with self.lock:
            known = min(self.adrift, refs)
            self.adrift -= known
        return known

    def hold(self) -> None:
        """Keep the object until the exporter's `let_go`, whoever releases it meanwhile."""
        with self.lock:
            self.strong_packets += 1

    def enter(self) -> None:
        """A call begins. Raises where the object is being, or has been, disconnected."""
        with self.lock:
            if self.state is not _CONNECTED:
                raise self.refusal()
            self.running += 1

    def leave(self) -> None:
        """A call that entered is over."""
        with self.lock:
            self.running -= 1
            self.last_left = monotonic()
            if self.running:
                return
            callbacks, self.on_drained = self.on_drained, []
        for callback in callbacks:
            callback()

    def refusal(self) -> ComError:
        """Ruling R-7: while a disconnect drains, and afterwards."""
        if self.state is StubState.DRAINING:
            return DisconnectedError(
                HRESULT.CO_E_OBJNOTCONNECTED,
                f"{self!r} is being disconnected and takes no new calls",
                executed="no",
            )
        return DisconnectedError(
            HRESULT.RPC_E_DISCONNECTED,
            f"object {self.oid:016x} was disconnected from its clients",
            executed="no",
        )
