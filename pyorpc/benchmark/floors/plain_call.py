"""PlainCall: a Python method called directly."""

from collections.abc import Callable

from pyorpc.benchmark.workload import Group, Subject, Workload

_QUOTE = ("ACME", 101.25, 300)


class _Servant:
    """Does what the object does that is called through pyorpc."""

    def __init__(self) -> None:
        self._posted = 0

    def Post(self, symbol: str, price: float, size: int) -> int:
        self._posted += 1
        return self._posted


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
        post = _Servant().Post
        calls = range(self.subject.calls_per_sample)

        def call_many() -> None:
            for _ in calls:
                post(*_QUOTE)

        return call_many

    def close(self) -> None:
        pass
