from pyorpc.benchmark.floors.plain_call import PlainCall


def test_a_plain_call_is_timed_in_thousands() -> None:
    workload = PlainCall()
    try:
        taken = workload.round(workload.open(), 2)
    finally:
        workload.close()

    assert workload.subject.calls_per_sample == 1000
    assert len(taken.samples_ns) == 2
