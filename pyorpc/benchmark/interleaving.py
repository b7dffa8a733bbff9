"""The measuring itself: rounds of all workloads in turn, A B C A B C.

So what else the machine does falls on all of them alike. Runs on the thread that asks; closes what
it opened, also on Ctrl-C.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack

from pyorpc.benchmark.figures import Figures, compared, figures_of
from pyorpc.benchmark.round import Round
from pyorpc.benchmark.workload import Workload

LEAD_IN = 5  # samples at the head of a round that are not kept: the peer was asleep for a while


class _Opened:
    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._call = workload.open()
        self._samples = 1
        self._rounds: list[Round] = []

    def warm_up(self, slice_s: float) -> None:
        """Run ever longer rounds up to a quarter slice: then it is known what fills a slice."""
        elapsed_ns = 0
        while elapsed_ns < slice_s * 1e9 / 4:
            self._samples *= 2
            elapsed_ns = self._workload.round(self._call, self._samples).elapsed_ns
        self._samples = max(2, int(self._samples * slice_s * 1e9 / elapsed_ns))

    def run(self) -> None:
        self._workload.round(self._call, LEAD_IN)
        self._rounds.append(self._workload.round(self._call, self._samples))

    def figures(self) -> Figures:
        return figures_of(self._workload.subject, self._rounds)


def measure(
    workloads: Sequence[Workload],
    *,
    seconds: float,
    rounds: int,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Figures]:
    """Share `seconds` among `rounds` rounds of each workload; the warm-up comes on top.

    `progress` hears how many rounds are done. Ratios are filled in where the floor is among them.
    """
    slice_s = seconds / rounds / len(workloads)
    with ExitStack() as stack:
        opened: list[_Opened] = []
        for workload in workloads:
            stack.callback(workload.close)
            opened.append(_Opened(workload))
        for each in opened:
            each.warm_up(slice_s)
        for done in range(rounds):
            for each in opened:
                each.run()
            progress(done + 1)
        results = [each.figures() for each in opened]
    return compared({each.subject.name: each for each in results})


def chosen(workloads: Iterable[Workload], names: Sequence[str]) -> list[Workload]:
    """Those named, each with the floor that it is held against; all, if none is named.

    Raises LookupError for a name that no workload has.
    """
    by_name = {workload.subject.name: workload for workload in workloads}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise LookupError(f"no workload is named {unknown[0]}; there are: {', '.join(by_name)}")
    if not names:
        return list(by_name.values())
    wanted = {*names, *(by_name[name].subject.vs for name in names)}
    return [workload for name, workload in by_name.items() if name in wanted]
