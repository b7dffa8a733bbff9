"""PassedOnPackets: table packets of other processes' objects, made here from proxies.

Such a packet names the object, not the proxy, and any process may unmarshal it. A strong one keeps
the object by references that this process holds until the packet is released here, or it ends.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from pyorpc.errors import HRESULT, DisconnectedError
from pyorpc.remoting.link import Link
from pyorpc.wire.objref import ObjRef

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState

# How many packets of one interface and kind there are, and the references of the strong ones.
Kept = list[tuple[Link, int]]
NOTHING: Final = 0


class PassedOnPackets:
    """One per Runtime. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards _kept
        self._kept: dict[tuple[bytes, int], Kept] = {}

    def keep(self, ref: ObjRef, kind: int, link: Link, references: int) -> None:
        """Note a packet; `references` of this process's are its own from now on."""
        with self._lock:
            self._kept.setdefault((ref.ipid.bytes, kind), []).append((link, references))

    def release(self, ref: ObjRef, kind: int, state: ThreadState) -> None:
        """Give up one packet. Raises CO_E_OBJNOTCONNECTED where it was not made, or is spent."""
        key = ref.ipid.bytes, kind
        with self._lock:
            kept = self._kept.get(key)
            if not kept:
                raise DisconnectedError(
                    HRESULT.CO_E_OBJNOTCONNECTED,
                    "the table packet was released before, or was made in another process: it is "
                    "released in the process that made it",
                )
            link, references = kept.pop()
            if not kept:
                del self._kept[key]
        if references != NOTHING:
            link.release({ref.ipid: references}, state)
