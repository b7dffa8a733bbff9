"""The measuring itself: rounds of all workloads in turn, each time in another order.

So what else the machine does falls on all of them alike, and so does what the workload before left
behind: a processor that was busy wakes faster. Runs on the thread that asks; closes what it opened,
also on Ctrl-C.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from random import Random

from pyorpc.benchmark.figures import Figures, compared, figures_of
from pyorpc.benchmark.round import Round
from pyorpc.benchmark.workload import Subject, Workload

LEAD_IN = 5  # samples at the head of a round that are not kept: the peer was asleep for a while


class _Opened:
    def __init__(self, workload: Workload, rounds: list[Round]) -> None:
        self._workload = workload
        self._call = workload.open()
        self._samples = 1
        self._rounds = rounds

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


def measure(
    make: Callable[[], Sequence[Workload]],
    *,
    seconds: float,
    rounds: int,
    sessions: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Figures]:
    """Share `seconds` among the rounds of all workloads; warm-ups come on top.

    A session makes and opens every workload anew and runs `rounds` rounds. Where the kernel has put
    threads and processes it may leave them for a session, and that can change a figure twofold:
    several sessions show it. `progress` hears how many rounds are done. Ratios are filled in where
    the floor is among the workloads.
    """
    taken: dict[str, list[Round]] = {}
    subjects: dict[str, Subject] = {}
    order = Random(0)
    for session in range(sessions):
        workloads = make()
        slice_s = seconds / sessions / rounds / len(workloads)
        with ExitStack() as stack:
            opened: list[_Opened] = []
            for workload in workloads:
                subjects[workload.subject.name] = workload.subject
                stack.callback(workload.close)
                opened.append(_Opened(workload, taken.setdefault(workload.subject.name, [])))
            for each in opened:
                each.warm_up(slice_s)
            for done in range(rounds):
                for each in order.sample(opened, len(opened)):
                    each.run()
                progress(session * rounds + done + 1)
    return compared({name: figures_of(subjects[name], taken[name]) for name in taken})


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
