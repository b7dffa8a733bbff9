from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pyorpc.activation.ready_signal import READY, is_launched, signal_ready


def test_without_a_launcher_nothing_happens() -> None:
    assert not is_launched()
    signal_ready()


def test_the_launcher_gets_a_datagram(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home / "ready"
    monkeypatch.setenv(READY, str(path))
    assert is_launched()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as launcher:
        launcher.bind(str(path))
        launcher.settimeout(5)
        signal_ready()
        assert launcher.recv(64)


def test_a_launcher_that_has_ended_is_no_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(READY, str(home / "nobody"))
    signal_ready()


def test_a_launcher_that_reads_nothing_does_not_hold_its_servers(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home / "ready"
    monkeypatch.setenv(READY, str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as launcher:
        launcher.bind(str(path))
        for _ in range(2_000):
            signal_ready()
