"""PlainCall: a Python method called directly."""

from collections.abc import Callable

from pyorpc.benchmark.workload import Group, Subject, Workload


class _Servant:
    def Add(self, left: int, right: int) -> int:
        return left + right


class PlainCall(Workload):
    """A call is shorter than a reading of the clock: a sample is the mean of a thousand."""

    def __init__(self) -> None:
        super().__init__(
            Subject(
                name="plain-call",
                title="plain Python call",
                group=Group.FLOOR,
                calls_per_sample=1000,
            )
        )

    def open(self) -> Callable[[], object]:
        servant = _Servant()
        calls = range(self.subject.calls_per_sample)

        def call_many() -> None:
            for _ in calls:
                servant.Add(3, 4)

        return call_many

    def close(self) -> None:
        pass
