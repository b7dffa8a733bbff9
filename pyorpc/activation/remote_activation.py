"""Reaching another process's door: by its endpoint alone, for as long as a block."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, TypeVar

from pyorpc.activation.process import Process
from pyorpc.context.thread_state import ThreadState
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.unknown import IUnknown
from pyorpc.wire.objref import ObjRef

T = TypeVar("T", bound=IUnknown)

_UNANSWERED: Final = frozenset(
    {HRESULT.RPC_E_TIMEOUT, HRESULT.RPC_S_CALL_FAILED, HRESULT.RPC_E_SERVER_DIED}
)
NOT_STARTED: Final = frozenset(
    {
        HRESULT.REGDB_E_CLASSNOTREG,
        HRESULT.RPC_S_SERVER_UNAVAILABLE,
        HRESULT.RPC_S_CALL_FAILED,
        HRESULT.RPC_E_SERVER_DIED,
        HRESULT.RPC_E_DISCONNECTED,
        HRESULT.RPC_E_INVALID_OBJECT,
        HRESULT.CO_E_OBJNOTCONNECTED,
    }
)
"""What the runtime says, with `executed` "no", of a process that has ended or is ending."""


@contextmanager
def door_at(endpoint: str, iface: type[T], process: Process, state: ThreadState) -> Generator[T]:
    """The door of the process that listens at `endpoint`. Raises RPC_S_SERVER_UNAVAILABLE."""
    door = process.marshaler.unmarshal(_ref_at(endpoint, process, state), iface)
    assert door is not None
    try:
        yield door
    finally:
        if isinstance(door, InterfaceProxy):
            door.give_up()


def _ref_at(endpoint: str, process: Process, state: ThreadState) -> ObjRef:
    if endpoint in process.network.process_endpoints():
        return _own_ref(process)  # no process connects to itself
    try:
        return process.resolver.activator_at(endpoint, state, process.settings.handshake_s)
    except ComError as error:
        if error.hresult not in _UNANSWERED:
            raise
        # To be asked for its door does nothing to a process, whatever became of the question.
        raise ComError(
            HRESULT.RPC_S_SERVER_UNAVAILABLE,
            f"nobody answers at {endpoint}: {error.description}",
            executed="no",
        ) from None


def _own_ref(process: Process) -> ObjRef:
    ref = process.activator()
    if ref is None:
        raise ComError(
            HRESULT.REGDB_E_CLASSNOTREG, "this process offers nothing to others", executed="no"
        )
    return ref


def checked_host(host: object) -> str:
    """An endpoint to connect to. Raises E_INVALIDARG."""
    if isinstance(host, str) and _HOST.fullmatch(host):
        return host
    raise InvalidArgumentError(
        HRESULT.E_INVALIDARG,
        f"host: {host!r:.80} is no endpoint: expected tcp://NAME:PORT, or ipc:///ABSOLUTE/PATH",
    )


_HOST: Final = re.compile(r"tcp://[^\s:/]+:[0-9]{1,5}|tcp://\[[^\s/\]]+\]:[0-9]{1,5}|ipc:///.+")
