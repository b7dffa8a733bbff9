import pytest

from pyorpc.benchmark.pipes.fairness import Fairness, measure_fairness

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("apartment", ["STA", "MTA"])
def test_both_the_pings_and_the_pipe_go_on(apartment: str) -> None:
    found = measure_fairness(apartment, 0.8)
    assert found.rate > 1e6
    assert 0 < found.idle_p50_s <= found.idle_p99_s
    assert 0 < found.busy_p50_s <= found.busy_p99_s < 1
    assert "MB/s" in str(found)


def test_the_promise_has_two_halves() -> None:
    assert Fairness("STA", 1e-4, 1e-3, 2e-4, 3e-3, 1e8).is_kept
    assert not Fairness("STA", 1e-4, 1e-3, 2e-4, 4e-3, 1e8).is_kept
    assert not Fairness("STA", 1e-4, 2e-3, 2e-4, 5.5e-3, 1e8).is_kept
