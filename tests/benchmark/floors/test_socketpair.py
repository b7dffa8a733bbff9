import pytest

from pyorpc.benchmark.floors.socketpair import Socketpair

pytestmark = pytest.mark.processes


def test_every_message_comes_back() -> None:
    workload = Socketpair()
    try:
        taken = workload.round(workload.open(), 5)
    finally:
        workload.close()

    assert len(taken.samples_ns) == 5


def test_a_peer_that_is_gone_ends_the_call() -> None:
    workload = Socketpair()
    call = workload.open()
    workload.close()

    with pytest.raises(OSError, match="descriptor"):
        call()
