"""What an object with IExternalConnection is told: that it has clients outside, or none any more.

Any object with the two methods is told, on a thread of its apartment. What it was told last
follows what is true now, so the order in which threads come here does not matter.
"""

from __future__ import annotations

import logging
from typing import Any

from pyorpc.apartment.admission import ItemKind
from pyorpc.context.thread_state import thread_state
from pyorpc.enumerations import EXTCONN
from pyorpc.errors import ComError
from pyorpc.ids import CausalityId
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.remoting.stub_state import StubState

_log = logging.getLogger(__name__)


def tell(manager: StubManager, *, closes: bool = False) -> None:
    """Call AddConnection or ReleaseConnection, if that is news. In the object's apartment."""
    with manager.lock:
        is_connected = manager.is_wanted and manager.state is not StubState.DISCONNECTED
        target: Any = manager.target
        if not manager.is_watched or target is None or is_connected == manager.was_told:
            return
        manager.was_told = is_connected
    try:
        if is_connected:
            target.AddConnection(EXTCONN.STRONG, 0)
        else:
            target.ReleaseConnection(EXTCONN.STRONG, 0, closes)
    except Exception:
        _log.exception("%r failed to note its connections", manager)


class TellItem:
    """Tells an object in its apartment."""

    kind = ItemKind.RUNTIME
    causality: CausalityId | None = None

    def __init__(self, manager: StubManager) -> None:
        self._manager = manager

    def run(self) -> None:
        with self._manager.context.entered(thread_state()):
            tell(self._manager)

    def refuse(self, error: ComError) -> None:
        """The apartment ends, and with it the object."""
