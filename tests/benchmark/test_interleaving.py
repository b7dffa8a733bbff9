from collections.abc import Callable

import pytest

from pyorpc.benchmark.interleaving import LEAD_IN, chosen, measure
from pyorpc.benchmark.round import Round
from pyorpc.benchmark.workload import Group, Subject, Workload


class Recording(Workload):
    """Writes into a common log what is done with it."""

    def __init__(self, name: str, log: list[str], *, vs: str | None = None) -> None:
        super().__init__(Subject(name=name, title=name, group=Group.FLOOR, vs=vs))
        self.log = log

    def open(self) -> Callable[[], object]:
        self.log.append(f"open {self.subject.name}")
        return lambda: None

    def round(self, call: Callable[[], object], samples: int) -> Round:
        self.log.append(self.subject.name if samples == LEAD_IN else "")
        return super().round(call, samples)

    def close(self) -> None:
        self.log.append(f"close {self.subject.name}")


class Failing(Recording):
    def open(self) -> Callable[[], object]:
        raise ConnectionError("the peer did not start")


class Interrupted(Recording):
    def open(self) -> Callable[[], object]:
        return interrupt


def interrupt() -> None:
    raise KeyboardInterrupt


def test_the_rounds_of_the_workloads_alternate() -> None:
    log: list[str] = []

    measure(lambda: [Recording("a", log), Recording("b", log)], seconds=0.01, rounds=3)

    turns = [entry for entry in log if entry in {"a", "b"}]
    assert [set(turns[start : start + 2]) for start in (0, 2, 4)] == [{"a", "b"}] * 3


def test_each_workload_is_measured_in_every_round() -> None:
    log: list[str] = []

    figures = measure(lambda: [Recording("a", log), Recording("b", log)], seconds=0.01, rounds=3)

    assert [(each.subject.name, each.rounds) for each in figures] == [("a", 3), ("b", 3)]


def test_every_session_opens_all_anew_and_adds_its_rounds() -> None:
    log: list[str] = []

    (figures,) = measure(lambda: [Recording("a", log)], seconds=0.01, rounds=2, sessions=3)

    assert log.count("open a") == log.count("close a") == 3
    assert figures.rounds == 6


def test_progress_is_told_the_rounds_that_are_done() -> None:
    heard: list[int] = []

    measure(lambda: [Recording("a", [])], seconds=0.01, rounds=2, progress=heard.append)

    assert heard == [1, 2]


def test_what_was_opened_is_closed() -> None:
    log: list[str] = []

    measure(lambda: [Recording("a", log), Recording("b", log)], seconds=0.01, rounds=1)

    assert log[:2] == ["open a", "open b"]
    assert log[-2:] == ["close b", "close a"]


def test_a_workload_that_does_not_open_is_closed_with_the_others() -> None:
    log: list[str] = []

    with pytest.raises(ConnectionError):
        measure(lambda: [Recording("a", log), Failing("b", log)], seconds=0.01, rounds=1)

    assert log == ["open a", "close b", "close a"]


def test_an_interrupt_closes_all_workloads() -> None:
    log: list[str] = []

    with pytest.raises(KeyboardInterrupt):
        measure(lambda: [Recording("a", log), Interrupted("b", log)], seconds=0.01, rounds=1)

    assert log[-2:] == ["close b", "close a"]


def test_no_name_chooses_all() -> None:
    workloads = [Recording("a", []), Recording("b", [])]

    assert chosen(workloads, []) == workloads


def test_a_name_brings_its_floor_along() -> None:
    floor, other, call = Recording("a", []), Recording("b", []), Recording("c", [], vs="a")

    assert chosen([floor, other, call], ["c"]) == [floor, call]


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(LookupError, match=r"no workload is named x; there are: a, b"):
        chosen([Recording("a", []), Recording("b", [])], ["x"])
