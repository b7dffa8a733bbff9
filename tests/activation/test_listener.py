from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from pyorpc.activation.listener import Listener, Offers, read_listener, write_listener
from pyorpc.ids import Clsid, Guid
from pyorpc.remoting.peer import new_identity
from pyorpc.transport.process_identity import ProcessIdentity

X = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1b01"))


def listener() -> Listener:
    return Listener.of_this_process(new_identity(), "ipc:///run/x", Offers([X]))


def test_this_process_is_described_and_runs() -> None:
    found = listener()
    assert (found.pid, found.endpoint, found.classes) == (os.getpid(), "ipc:///run/x", (str(X),))
    assert found.is_running


def test_an_earlier_process_with_the_same_pid_does_not_run() -> None:
    assert not msgspec.structs.replace(listener(), start_time=1).is_running


def test_what_is_written_is_read_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "deeper" / "x.json"
    written = listener()
    write_listener(path, written)
    write_listener(path, written)
    assert read_listener(path) == written
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_missing_or_not_ours_is_no_listener(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    assert read_listener(path) is None
    for content in (b"", b"{", b"[]", b'{"pid": "one"}', b"\xff"):
        path.write_bytes(content)
        assert read_listener(path) is None


def test_the_end_of_a_process_is_waited_for() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"]) as process:
        identity = ProcessIdentity.of(process.pid)
        assert identity is not None
        sleeper = msgspec.structs.replace(
            listener(), pid=process.pid, start_time=identity.start_time
        )
        assert not sleeper.wait_end(0.05)
        sleeper.end()
        assert sleeper.wait_end(10)
        process.wait()
        assert sleeper.wait_end(0)
        sleeper.end()
