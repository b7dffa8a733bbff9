"""ContextState: the life of a context, as a table of moves. Pure.

Contexts apply it, under their lock, when somebody disconnects them.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class ContextState(Enum):
    """Whether a private context's objects can be reached. A default context stays live."""

    LIVE = "live"
    """Its objects take calls."""
    DRAINING = "draining"
    """Its objects take no new calls; some still run one."""
    DISCONNECTED = "disconnected"
    """All that it had is disconnected and dropped."""


class ContextEvent(Enum):
    """What befalls it."""

    DISCONNECT = "disconnect"
    """disconnect_context() was called in it."""
    DRAINED = "drained"
    """The last running call has left, and the last object was dropped."""


# What is missing raises: nothing is drained that nobody has disconnected.
MOVES: Final = {
    # Page of CoDisconnectContext: it calls CoDisconnectObject on all objects in the context.
    (ContextState.LIVE, ContextEvent.DISCONNECT): ContextState.DRAINING,
    # The same: after RPC_E_TIMEOUT the service calls it again, until it returns S_OK.
    (ContextState.DRAINING, ContextEvent.DISCONNECT): ContextState.DRAINING,
    # The same: S_OK comes when all objects were disconnected. CTX-08: not before the calls end.
    (ContextState.DRAINING, ContextEvent.DRAINED): ContextState.DISCONNECTED,
    # The context itself is not gone: what is registered in it later can be disconnected, too.
    (ContextState.DISCONNECTED, ContextEvent.DISCONNECT): ContextState.DRAINING,
    # Two threads of the MTA had called it; this one heard of it second.
    (ContextState.DISCONNECTED, ContextEvent.DRAINED): ContextState.DISCONNECTED,
}
