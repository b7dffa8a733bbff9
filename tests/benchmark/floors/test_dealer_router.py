from pathlib import Path

import pytest

from pyorpc.benchmark.floors.dealer_router import DealerRouter, PipelinedDealerRouter, Transport

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("transport", ["ipc", "tcp"])
def test_every_message_comes_back(transport: Transport) -> None:
    workload = DealerRouter(transport)
    try:
        taken = workload.round(workload.open(), 5)
    finally:
        workload.close()

    assert len(taken.samples_ns) == 5


def test_a_hundred_messages_are_one_sample() -> None:
    workload = PipelinedDealerRouter("ipc")
    try:
        taken = workload.round(workload.open(), 2)
    finally:
        workload.close()

    assert workload.subject.calls_per_sample == 100
    assert len(taken.samples_ns) == 2


def test_nothing_is_left_in_the_temporary_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    workload = DealerRouter("ipc")
    workload.open()
    assert list(tmp_path.iterdir())

    workload.close()

    assert not list(tmp_path.iterdir())


def test_a_workload_that_was_never_opened_can_be_closed() -> None:
    DealerRouter("ipc").close()
