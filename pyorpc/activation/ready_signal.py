"""The signal by which a server that was launched says that it can be asked now.

A datagram to the Unix socket that the launcher names in the environment. It carries nothing: the
launcher looks for itself.
"""

from __future__ import annotations

import os
import socket
from typing import Final

from pyorpc.settings import INTERNAL_PREFIX

READY: Final = f"{INTERNAL_PREFIX}READY"
"""The environment variable with the path of the launcher's socket."""


def is_launched() -> bool:
    """Whether this process was started to serve an activation."""
    return bool(os.environ.get(READY))


def signal_ready() -> None:
    """Tell the launcher, if there is one and it still listens."""
    path = os.environ.get(READY)
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        # Connect_ex and send fail where the launcher has ended, or has signals enough to read.
        if sender.connect_ex(path) == 0:
            try:
                sender.send(b"ready")
            except OSError:
                return
