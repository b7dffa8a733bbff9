"""OneWayCount: what became of calls that nobody waits for. Each loss has a line in the log, too.

Any thread. The sender counts what it lost before handing it over, the callee what it refused and
what failed; what breaks in between nobody can count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.remoting import call_log

if TYPE_CHECKING:
    from pyorpc.errors import ComError


class OneWayCount:
    """Of one Runtime."""

    def __init__(self) -> None:
        self.sent = 0  # handed over by this process
        self.lost = 0  # which could not be handed over
        self.failed = 0  # refused by this process, or raised

    def note_lost(self, name: str, error: ComError) -> None:
        """The sender: it could not be handed over."""
        self.lost += 1
        call_log.calls.warning("one-way call %s is lost: %s", name, error)

    def note_failed(self, name: str, error: ComError) -> None:
        """The callee: it was refused, or its method raised."""
        self.failed += 1
        call_log.calls.warning("one-way call %s failed: %s", name, error)
