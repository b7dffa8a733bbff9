from array import array

import pytest

from pyorpc.benchmark.figures import Figures, compared, figures_of, quantile
from pyorpc.benchmark.round import Round
from pyorpc.benchmark.workload import Group, Subject


def round_of(*samples_us: int) -> Round:
    samples_ns = array("q", [1000 * each for each in samples_us])
    return Round(samples_ns, sum(samples_ns))


def measured(
    name: str = "call",
    *rounds: Round,
    vs: str | None = None,
    aim_ratio: float | None = None,
    aim_p50_us: float | None = None,
) -> Figures:
    subject = Subject(
        name=name,
        title=name,
        group=Group.ONE_PROCESS,
        vs=vs,
        aim_ratio=aim_ratio,
        aim_p50_us=aim_p50_us,
    )
    return figures_of(subject, rounds or [round_of(10, 10)])


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 51), (0.99, 100), (1.0, 100)])
def test_a_quantile_is_one_of_the_values(share: float, expected: int) -> None:
    assert quantile(range(1, 101), share) == expected


def test_quantiles_are_over_the_samples_of_all_rounds() -> None:
    figures = measured("call", round_of(1, 2, 3), round_of(50, 60))

    assert (figures.p50_us, figures.p99_us) == (3.0, 60.0)
    assert (figures.best_round_p50_us, figures.worst_round_p50_us) == (2.0, 60.0)
    assert (figures.rounds, figures.samples) == (2, 5)


def test_the_rate_is_calls_by_elapsed_time() -> None:
    assert measured("call", round_of(10, 30)).calls_per_s == pytest.approx(50_000)


def test_a_sample_of_many_calls_counts_for_each_of_them() -> None:
    subject = Subject(name="many", title="many", group=Group.PIPELINED, calls_per_sample=100)

    figures = figures_of(subject, [round_of(200, 200)])

    assert figures.p50_us == 2.0
    assert figures.calls_per_s == pytest.approx(500_000)


def test_the_ratio_is_that_of_the_p50s() -> None:
    floor = measured("floor", round_of(40))
    call = measured("call", round_of(50), vs="floor")

    ratios = {each.subject.name: each.ratio for each in compared({"floor": floor, "call": call})}

    assert ratios == {"floor": None, "call": 1.25}


def test_a_ratio_needs_its_floor_in_the_same_run() -> None:
    (call,) = compared({"call": measured("call", vs="floor", aim_ratio=1.35)})

    assert call.ratio is None
    assert call.reaches_its_aim is None


@pytest.mark.parametrize(("p50_us", "reached"), [(54, True), (55, False)])
def test_an_aim_may_be_a_ratio(p50_us: int, reached: bool) -> None:
    floor = measured("floor", round_of(40))
    call = measured("call", round_of(p50_us), vs="floor", aim_ratio=1.35)

    assert compared({"floor": floor, "call": call})[1].reaches_its_aim is reached


@pytest.mark.parametrize(("p50_us", "reached"), [(5, True), (6, False)])
def test_an_aim_may_be_a_time(p50_us: int, reached: bool) -> None:
    assert measured("call", round_of(p50_us), aim_p50_us=5).reaches_its_aim is reached


def test_a_call_without_an_aim_neither_reaches_nor_misses_it() -> None:
    assert measured().reaches_its_aim is None
