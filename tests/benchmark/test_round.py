from pyorpc.benchmark.round import time_calls


def test_every_sample_is_one_call() -> None:
    calls: list[int] = []

    taken = time_calls(lambda: calls.append(1), 7)

    assert len(calls) == len(taken.samples_ns) == 7


def test_the_samples_leave_no_gap() -> None:
    taken = time_calls(lambda: None, 50)

    assert sum(taken.samples_ns) == taken.elapsed_ns
