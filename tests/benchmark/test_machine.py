from pathlib import Path

import pytest
import zmq

from pyorpc.benchmark.machine import _commit, _cpu, this_machine


def test_a_machine_names_its_versions() -> None:
    machine = this_machine()

    assert machine.libzmq == zmq.zmq_version()
    assert f"libzmq {machine.libzmq}" in machine.line
    assert 1 <= machine.cores_used <= machine.cores


def test_the_cpu_is_the_first_one_listed(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Fast One\n\nmodel name\t: Other\n")

    assert _cpu(cpuinfo) == "Fast One"


def test_a_cpu_without_a_name_is_called_by_its_architecture(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\n")

    assert _cpu(cpuinfo)


def test_there_is_no_commit_outside_a_repository(tmp_path: Path) -> None:
    assert _commit(tmp_path) == ""


def test_there_is_no_commit_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", "")

    assert _commit(tmp_path) == ""
