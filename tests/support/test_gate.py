"""The gate stops whom it should, and never for ever."""

from __future__ import annotations

import threading

import pytest

from tests.support import gate as gate_module
from tests.support.gate import Gate


class Counter:
    count = 0

    def add(self) -> int:
        self.count += 1
        return self.count


def test_a_thread_stops_at_the_gate_until_it_is_opened() -> None:
    counter = Counter()
    with Gate.before(counter, "add") as gate:
        thread = threading.Thread(target=counter.add)
        thread.start()
        gate.wait_until_reached()
        assert counter.count == 0
        gate.open()
        thread.join()
        assert counter.count == 1


def test_threads_can_be_let_through_one_by_one() -> None:
    gate = Gate()
    passed = threading.Semaphore(0)

    def walk() -> None:
        gate.stop_here()
        passed.release()

    threads = [threading.Thread(target=walk) for _ in range(2)]
    for thread in threads:
        thread.start()
    gate.wait_until_reached(times=2)
    gate.let_one_pass()
    assert passed.acquire(timeout=5)
    assert not passed.acquire(blocking=False)
    gate.let_one_pass()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("owner", [Counter, Counter()])
def test_the_code_is_as_before_when_the_gate_has_gone(owner: object) -> None:
    before = dict(vars(owner))
    with Gate.before(owner, "add"):
        assert vars(owner) != before
    assert dict(vars(owner)) == before


def test_a_gate_that_nobody_opens_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "DEADLINE_S", 0.01)
    with pytest.raises(AssertionError, match="before close: nobody opened"):
        Gate("before close").stop_here()
    with pytest.raises(AssertionError, match="reached 0 times, not 1"):
        Gate().wait_until_reached()
