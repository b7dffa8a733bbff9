"""RunDirectory: where this user's processes of one home keep their Unix sockets.

Made by the Runtime, used on any thread. Only the user can enter it, names in it are never used
twice, and what processes left behind that were killed is swept.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import socket
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pyorpc.errors import HRESULT, ComError
from pyorpc.settings import MAX_SOCKET_PATH
from pyorpc.transport.process_identity import ProcessIdentity

_NAME: Final = re.compile(
    r"(?P<kind>[a-z][a-z0-9_]*)-(?P<pid>[0-9]+)-(?P<start>[0-9a-f]+)-[0-9a-f]{12}"
)
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,11}")
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class RunDirectory:
    """The run directory of one home: `$XDG_RUNTIME_DIR/pyorpc/<hash>`, or under the temporary one.

    Made if it is missing. Raises AccessDeniedError if it, or a directory on the way that we would
    have made, belongs to somebody else or is open to others.
    """

    def __init__(self, home: Path, environ: Mapping[str, str] = os.environ) -> None:
        digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
        self.path: Final = _users_directory(environ) / digest
        for directory in (self.path.parent, self.path):
            _make_private(directory)

    def new_endpoint(self, kind: str) -> str:
        """An ipc endpoint that nobody has had before: `ipc:///.../<kind>-<pid>-<start>-<random>`.

        Raises E_INVALIDARG if its path is longer than the system takes.
        """
        if not _KIND.fullmatch(kind):
            raise ValueError(f"{kind!r} is no kind of endpoint: up to 12 lower-case letters")
        pid, start_time = ProcessIdentity.of_this_process()
        path = self.path / f"{kind}-{pid}-{start_time:x}-{secrets.token_hex(6)}"
        if (length := len(os.fsencode(path))) > MAX_SOCKET_PATH:
            raise ComError(
                HRESULT.E_INVALIDARG,
                f"the socket path {path} has {length} bytes, and {MAX_SOCKET_PATH} are the most: "
                "set XDG_RUNTIME_DIR (or TMPDIR) to a directory with a shorter name",
            )
        return f"ipc://{path}"

    def listening(self, kind: str) -> list[tuple[str, int]]:
        """The endpoints of that kind whose processes run, each with its pid; the oldest first."""
        found: list[tuple[int, str, int]] = []
        for path in self.path.iterdir():
            name = _NAME.fullmatch(path.name)
            if name is not None and name["kind"] == kind and not _is_stale(path):
                found.append((int(name["start"], 16), f"ipc://{path}", int(name["pid"])))
        return [(endpoint, pid) for _, endpoint, pid in sorted(found)]

    def sweep(self) -> list[Path]:
        """Delete the sockets of processes that have ended, and return their paths.

        Any process may sweep at any time, also several at once.
        """
        return [path for path in sorted(self.path.iterdir()) if _is_stale(path) and _delete(path)]


def forget_endpoint(endpoint: str) -> None:
    """Remove what is left of an endpoint that its process has closed; libzmq leaves it there."""
    if endpoint.startswith("ipc://"):
        Path(endpoint[len("ipc://") :]).unlink(missing_ok=True)


def _users_directory(environ: Mapping[str, str]) -> Path:
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/") and _is_ours(Path(runtime)):
        return Path(runtime) / "pyorpc"
    # After `su` the variable may still name another user's: not ours to enter, no error either.
    return Path(tempfile.gettempdir()) / f"pyorpc-{os.geteuid()}"


def _is_ours(directory: Path) -> bool:
    try:
        found = directory.stat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def _make_private(directory: Path) -> None:
    """Make `directory` if it is missing, and see that only this user can enter or replace it."""
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        pass  # looked at below, whoever made it
    except OSError as error:
        raise _refused(directory, error.strerror or str(error)) from None
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise _refused(directory, "it is no directory")
    if found.st_uid != os.geteuid():
        raise _refused(directory, f"it belongs to user {found.st_uid}, not to {os.geteuid()}")
    if found.st_mode & _OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        raise _refused(directory, f"its mode is {mode:03o}, open to others: make it 700")
    parent = directory.parent.stat().st_mode
    if parent & stat.S_IWOTH and not parent & stat.S_ISVTX:
        raise _refused(directory, "anybody can replace it: its parent has no sticky bit")


def _refused(directory: Path, why: str) -> ComError:
    return ComError(
        HRESULT.E_ACCESSDENIED, f"cannot use {directory} as the run directory: {why}", executed="no"
    )


def _is_stale(path: Path) -> bool:
    name = _NAME.fullmatch(path.name)
    if name is None or not path.is_socket():
        return False
    if ProcessIdentity(int(name["pid"]), int(name["start"], 16)).is_running:
        return False
    # In another container the process may live unseen: then it still listens.
    return _refuses_connections(path)


def _refuses_connections(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
        return probe.connect_ex(os.fspath(path)) in {errno.ECONNREFUSED, errno.ENOENT}


def _delete(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:  # another process swept it
        return False
    return True
