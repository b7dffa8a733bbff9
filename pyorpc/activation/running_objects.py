"""RunningObjects: finds the active objects of other processes, by the files that tell of them.

The clients and the SCM ask it, on the thread that is concerned. The processes themselves answer, so
nothing is left of those that died, and nobody needs an SCM.
"""

from __future__ import annotations

from typing import TypeVar

from pyorpc.activation.listener import Listener
from pyorpc.activation.process import Process
from pyorpc.activation.remote_activation import NOT_STARTED, door_at
from pyorpc.activation.server_directory import ServerDirectory
from pyorpc.context.thread_state import ThreadState
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid
from pyorpc.interfaces.activation_idl import IRemoteActivation
from pyorpc.unknown import IUnknown

T = TypeVar("T", bound=IUnknown)


class RunningObjects:
    """Of one home."""

    def __init__(self, process: Process, servers: ServerDirectory) -> None:
        self._process = process
        self._servers = servers

    def find(self, clsid: Clsid, iface: type[T] | Guid, state: ThreadState) -> T | None:
        """The object that was registered first and is there still. Raises E_NOINTERFACE."""
        own = self._process.resolver.identity.process_id
        for listener in self._servers.having_active(clsid):
            if listener.process_id != own:
                found = self._ask(listener, clsid, iface, state)
                if found is not None:
                    return found
        return None

    def _ask(
        self, listener: Listener, clsid: Clsid, iface: type[T] | Guid, state: ThreadState
    ) -> T | None:
        """None: it is not there any more, nor its process."""
        try:
            with door_at(listener.endpoint, IRemoteActivation, self._process, state) as door:
                return door.GetActiveObject(clsid, iface)
        except ComError as error:
            # To be asked does nothing to an object: whatever became of the question.
            if error.hresult in NOT_STARTED:
                return None
            raise


def not_running(clsid: Clsid, where: str) -> ComError:
    return ComError(
        HRESULT.MK_E_UNAVAILABLE,
        f"no object of the class {clsid} is registered as active {where}",
        executed="no",
    )
