import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from pyorpc.benchmark.report import Report
from pyorpc.cli.bench import bench

QUICK = ["--seconds", "0.02", "--rounds", "2", "--sessions", "1", "--only", "plain-call"]


@pytest.fixture
def all_cores_afterwards() -> Iterator[None]:
    cores = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, cores)


def call_cost(*arguments: str) -> Result:
    return CliRunner().invoke(bench, ["call-cost", *arguments])


def test_call_cost_prints_a_row_for_each_call() -> None:
    result = call_cost(*QUICK)

    assert result.exit_code == 0, result.output
    assert "plain Python call" in result.output


def test_call_cost_writes_all_figures_as_json(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"

    call_cost(*QUICK, "--json", str(path))

    report = msgspec.json.decode(path.read_bytes(), type=Report)
    assert [each.subject.name for each in report.figures] == ["plain-call"]


def test_call_cost_draws_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "figures.png"

    call_cost(*QUICK, "--png", str(path))

    assert path.read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_call_cost_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.delitem(sys.modules, "pyorpc.benchmark.plot", raising=False)
    path = tmp_path / "figures.png"

    result = call_cost(*QUICK, "--png", str(path))

    assert result.exit_code == 0, result.output
    assert "matplotlib is not installed" in result.output
    assert not path.exists()


def test_call_cost_lists_the_names_it_knows() -> None:
    result = call_cost("--list")

    assert "zmq-ipc" in result.output
    assert "p50" not in result.output


def test_an_unknown_name_is_refused() -> None:
    result = call_cost("--only", "no-such-call")

    assert result.exit_code == 2
    assert "no workload is named no-such-call" in result.output


@pytest.mark.usefixtures("all_cores_afterwards")
def test_a_run_can_be_kept_on_one_core(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"

    call_cost(*QUICK, "--one-core", "--json", str(path))

    assert msgspec.json.decode(path.read_bytes(), type=Report).machine.cores_used == 1
