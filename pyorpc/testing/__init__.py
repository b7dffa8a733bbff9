"""For users' tests: peers and clocks that a test holds in its hand."""

from __future__ import annotations

from pyorpc.testing.wire_peer import WirePeer

__all__ = ["WirePeer"]
