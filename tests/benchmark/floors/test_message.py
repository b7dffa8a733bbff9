from pyorpc.benchmark.floors.message import BODY, HEADER


def test_the_message_is_as_large_as_a_small_call() -> None:
    assert (len(HEADER), len(BODY)) == (70, 20)
