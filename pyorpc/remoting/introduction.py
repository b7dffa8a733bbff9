"""Whether a HELLO can be true. What it says is a peer's word; keys come with a later version.

Pure. A HELLO that contradicts itself, or what is known already, is refused as a whole.
"""

from __future__ import annotations

import re
from typing import Final

from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.peer import Identity, PeerProcess
from pyorpc.settings import is_endpoint
from pyorpc.wire.packets import Hello

_PROCESS_ID: Final = re.compile(r"[0-9a-f]{32}")
_MOST_ENDPOINTS: Final = 64
_LONGEST_HOST: Final = 256
_LARGEST_PID: Final = 2**31 - 1
_TOKEN_LENGTH: Final = 16


def no_hello() -> ComError:
    """What a peer gets that has not said who it is."""
    return ComError(HRESULT.RPC_E_INVALID_HEADER, "no HELLO came on this connection", executed="no")


def refuse_malformed(hello: Hello, own: Identity) -> None:
    """Raise RPC_E_INVALID_HEADER for what no Runtime says of itself."""
    wrong = [
        name
        for name, is_right in (
            ("process_id", _PROCESS_ID.fullmatch(hello.process_id) is not None),
            ("process_id (it is this process's own)", hello.process_id != own.process_id),
            ("pid", 0 <= hello.pid <= _LARGEST_PID),
            ("host", len(hello.host) <= _LONGEST_HOST),
            ("oxid", 0 <= hello.oxid < 2**64),
            ("token", len(hello.token) in (0, _TOKEN_LENGTH)),
            ("endpoints", _are_endpoints(hello.endpoints)),
        )
        if not is_right
    ]
    if wrong:
        raise ComError(
            HRESULT.RPC_E_INVALID_HEADER,
            f"the HELLO cannot be true: {', '.join(wrong)}",
            executed="no",
        )


def is_plausible(process_id: str, endpoints: list[str]) -> bool:
    """Whether these can be a process's name and addresses, as another one tells them."""
    return _PROCESS_ID.fullmatch(process_id) is not None and _are_endpoints(endpoints)


def refuse_impostor(hello: Hello, known: PeerProcess) -> None:
    """Raise E_ACCESSDENIED for who takes the name of a process that is known as another one."""
    if known.pid and (known.host, known.pid) != (hello.host, hello.pid):
        raise ComError(
            HRESULT.E_ACCESSDENIED,
            f"the HELLO names {known!r}, but says another pid or host",
            executed="no",
        )


def _are_endpoints(endpoints: list[str]) -> bool:
    return len(endpoints) <= _MOST_ENDPOINTS and all(map(is_endpoint, endpoints))
