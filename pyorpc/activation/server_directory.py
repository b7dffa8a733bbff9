"""ServerDirectory: the processes of a home that others can ask, a file each in `servers/`.

Servers write their own file, so that an SCM which starts later knows them, and no server waits for
an SCM. Whoever reads sweeps what killed processes have left.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from pyorpc.activation.listener import Listener, read_listener, write_listener
from pyorpc.ids import Clsid

_SUFFIX: Final = ".json"


class ServerDirectory:
    """Of one home, as the processes of one host see it."""

    def __init__(self, home: Path, host: str) -> None:
        self.path: Final = home / "servers"
        self._host = host

    def publish(self, listener: Listener) -> None:
        write_listener(self._file_of(listener.process_id), listener)

    def withdraw(self, process_id: str) -> None:
        self._file_of(process_id).unlink(missing_ok=True)

    def servers(self) -> list[Listener]:
        """Those that run, the oldest first."""
        found: list[Listener] = []
        for path in self.path.glob(f"*{_SUFFIX}"):
            listener = read_listener(path)
            if listener is None or listener.host != self._host:
                continue  # on another host its process cannot be judged, nor reached from here
            if listener.is_running:
                found.append(listener)
            else:
                with suppress(OSError):
                    path.unlink()
        return sorted(found, key=lambda each: (each.start_time, each.process_id))

    def serving(self, clsid: Clsid) -> list[Listener]:
        wanted = str(clsid)
        return [listener for listener in self.servers() if wanted in listener.classes]

    def having_active(self, clsid: Clsid) -> list[Listener]:
        """Those with an active object of that class, the one that has it longest first."""
        found = [(listener.active_since(clsid), listener) for listener in self.servers()]
        dated = [(since, listener) for since, listener in found if since is not None]
        return [listener for _, listener in sorted(dated, key=lambda each: each[0])]

    def _file_of(self, process_id: str) -> Path:
        return self.path / f"{process_id}{_SUFFIX}"
