"""Link: the way from a proxy to its object, chosen once, when the pointer is unmarshaled.

Another process, another apartment of this process, or the same thread; each is one short file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Iid, Ipid
from pyorpc.wire.method import Method
from pyorpc.wire.objref import ObjRef

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState
    from pyorpc.remoting.line import Line
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.remoting.proxy_manager import ProxyManager


class Link(ABC):
    """Carries calls and reference counts of proxies at one distance. Any thread."""

    is_remote: bool
    waits = True  # for another thread; False: calls run on the caller's own
    receiver = ""  # the process id of the object's process, where that is another

    @abstractmethod
    def call(
        self,
        manager: ProxyManager,
        ipid: Ipid,
        method: Method[Any, Any],
        args: Any,
        state: ThreadState,
    ) -> Any:
        """Make a synchronous call and return its [out]s; raises what it ended with."""

    @abstractmethod
    def begin(
        self,
        manager: ProxyManager,
        ipid: Ipid,
        method: Method[Any, Any],
        args: Any,
        state: ThreadState,
    ) -> OutgoingCall:
        """Send a call and return at once. Raises only what kept it from being sent."""

    @abstractmethod
    def send(
        self,
        manager: ProxyManager,
        ipid: Ipid,
        method: Method[Any, Any],
        args: Any,
        state: ThreadState,
    ) -> bool:
        """Hand over a call that nobody waits for. False: it was lost here, counted and logged.

        Raises what was wrong with it, or what made it impossible, before it was handed over.
        """

    @abstractmethod
    def await_call(self, call: OutgoingCall, timeout_s: float | None, state: ThreadState) -> bool:
        """Wait, as this thread's apartment does, for a begun call. False: time ran out."""

    def query(
        self, manager: ProxyManager, ipid: Ipid, iid: Iid, state: ThreadState
    ) -> tuple[Ipid, int]:
        """Ask the object for another interface; its IPID and the references that came with it."""
        [answer] = self.query_all(manager, ipid, [iid], state)
        if isinstance(answer, ComError):
            # A new one: raised while a variable here has it, it would keep this frame for ever.
            raise ComError(answer.hresult, answer.description, executed=answer.executed)
        return answer

    @abstractmethod
    def query_all(
        self, manager: ProxyManager, ipid: Ipid, iids: Sequence[Iid], state: ThreadState
    ) -> list[tuple[Ipid, int] | ComError]:
        """Ask the object for several interfaces at once; what it refuses is in the list."""

    @abstractmethod
    def add_refs(self, manager: ProxyManager, ipid: Ipid, count: int, state: ThreadState) -> None:
        """Obtain more references. Raises CO_E_OBJNOTCONNECTED where the object is gone."""

    @abstractmethod
    def query_each(
        self, ipid: Ipid, refs: int, iids: Sequence[Iid], state: ThreadState
    ) -> list[ObjRef | HRESULT]:
        """A packet with `refs` references for each interface that the object has.

        Raises RPC_E_DISCONNECTED where there is no such object.
        """

    @abstractmethod
    def add_each(self, counts: Sequence[tuple[Ipid, int]], state: ThreadState) -> list[HRESULT]:
        """Obtain references on any interfaces: CO_E_OBJNOTREG for those that are not there."""

    @abstractmethod
    def took(self, ref: ObjRef) -> None:
        """A packet's references are this process's from now on, and no packet's any more."""

    @abstractmethod
    def release(
        self, counts: dict[Ipid, int], state: ThreadState, behind: Line | None = None
    ) -> None:
        """Give references back and wait until they are. Never raises for a dead peer.

        `behind` is the line of the last one-way call, which must not be overtaken.
        """

    @abstractmethod
    def release_later(self, counts: dict[Ipid, int], behind: Line | None = None) -> None:
        """Give references back; from a finalizer: no lock, no socket, no wait."""

    @abstractmethod
    def abandon_later(self, call: OutgoingCall) -> None:
        """Nobody will finish this call: as `release_later`, for what its results hold."""

    @abstractmethod
    def cut_short(self, call: OutgoingCall, error: ComError) -> None:
        """End a begun call with that error, unless it is over. Any thread."""

    @abstractmethod
    def reference(
        self,
        manager: ProxyManager,
        iid: Any,
        ipid: Ipid,
        state: ThreadState,
        *,
        goes_to: str | None,
    ) -> ObjRef:
        """A packet that passes on the object, with references of its own.

        `goes_to` is the id of the process that gets it, "" where nobody knows; None: this one.
        """


def references_in(value: object) -> list[ObjRef]:
    """Every packet inside some arguments or results, however deep they are, or in a cycle."""
    found: list[ObjRef] = []
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ObjRef):
            found.append(part)
            continue
        inner = _members(part)
        if inner and id(part) not in seen:
            seen.add(id(part))
            waiting.extend(reversed(inner))
    return found


def _members(value: object) -> Sequence[object]:
    if isinstance(value, (list, tuple)):
        return cast("Sequence[object]", value)
    return [getattr(value, name) for name in getattr(value, "__struct_fields__", ())]
