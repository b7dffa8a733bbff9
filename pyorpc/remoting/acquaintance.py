"""Acquaintance: how processes come to be known by others' words, and when they are forgotten.

Runs on the housekeeping thread.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pyorpc.errors import ComError
from pyorpc.remoting.introduction import is_plausible

if TYPE_CHECKING:
    from pyorpc.remoting.resolver import Resolver


def expect(resolver: Resolver, process_id: str, endpoints: list[str]) -> None:
    """Know a process to which a peer sends references of ours, so that its end is noticed.

    Whether it lives, only its own word says: so it is dialled. If it cannot be, nothing is known.
    """
    if process_id == resolver.identity.process_id or resolver.find_peer(process_id) is not None:
        return
    if not endpoints or not is_plausible(process_id, endpoints):
        return
    try:
        peer = resolver.peer(process_id, tuple(endpoints))
        resolver.line_to(peer)
    except ComError:
        unmet = resolver.peers.get(process_id)
        if unmet is not None and not unmet.is_needed:
            resolver.forget_unmet(unmet)


def forget_silent(resolver: Resolver, silence_s: float) -> None:
    """Forget peers that hold nothing, of which nothing is held, and that have been silent.

    One on this host that ends is noticed, others that vanish are not.
    """
    long_ago = time.monotonic() - silence_s
    for peer in list(resolver.peers.values()):
        last = max(peer.last_heard, peer.last_ping or 0.0)
        if last < long_ago and peer.pidfd == -1 and not peer.is_needed:
            resolver.forget(peer)
