from collections.abc import Callable

from pyorpc.benchmark.workload import Group, Subject, Workload


class Counting(Workload):
    def __init__(self) -> None:
        super().__init__(Subject(name="counting", title="counting", group=Group.FLOOR))
        self.calls = 0

    def open(self) -> Callable[[], object]:
        return self._call

    def close(self) -> None:
        self.calls = -1

    def _call(self) -> None:
        self.calls += 1


def test_a_round_makes_as_many_calls_as_asked() -> None:
    workload = Counting()

    taken = workload.round(workload.open(), 12)

    assert workload.calls == len(taken.samples_ns) == 12
