from pyorpc.benchmark.call_cost import call_cost_workloads, measure_call_cost
from pyorpc.benchmark.floors.plain_call import PlainCall


def test_no_two_workloads_share_a_name() -> None:
    names = [each.subject.name for each in call_cost_workloads()]

    assert len(names) == len(set(names))


def test_every_floor_that_is_named_is_measured() -> None:
    subjects = [each.subject for each in call_cost_workloads()]

    assert {each.vs for each in subjects} - {None} <= {each.name for each in subjects}


def test_a_report_says_how_it_was_measured() -> None:
    report = measure_call_cost(lambda: [PlainCall()], seconds=0.02, rounds=2)

    assert (report.benchmark, report.seconds, report.rounds) == ("call-cost", 0.02, 2)
    assert [each.subject.name for each in report.figures] == ["plain-call"]
