import os
import select
import signal
import subprocess
import sys
import textwrap

import pytest

from pyorpc.benchmark.peer_process import PeerProcess

pytestmark = pytest.mark.processes

ECHO = "pyorpc.benchmark.floors.echo"


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_peer_says_where_it_listens() -> None:
    peer = PeerProcess("-m", ECHO, "router", "tcp://127.0.0.1:*")
    try:
        assert peer.ready_line().startswith("tcp://127.0.0.1:")
    finally:
        peer.close()


def test_a_closed_peer_is_gone() -> None:
    peer = PeerProcess("-m", ECHO, "router", "tcp://127.0.0.1:*")
    peer.ready_line()

    peer.close()

    assert not is_running(peer.pid)


def test_a_peer_that_ends_early_is_reported() -> None:
    peer = PeerProcess("-m", "pyorpc.benchmark.no_such_module")
    try:
        with pytest.raises(RuntimeError, match="ended before it was ready"):
            peer.ready_line()
    finally:
        peer.close()


def test_a_peer_ends_when_its_parent_is_killed() -> None:
    program = f"""
        from pyorpc.benchmark.peer_process import PeerProcess
        peer = PeerProcess("-m", {ECHO!r}, "router", "tcp://127.0.0.1:*")
        peer.ready_line()
        print(peer.pid, flush=True)
        input()
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        end_of_peer = os.pidfd_open(pid)
        parent.send_signal(signal.SIGKILL)
    try:
        # The descriptor of a process is readable when it has ended.
        assert select.select([end_of_peer], [], [], 10.0)[0]
    finally:
        os.close(end_of_peer)
