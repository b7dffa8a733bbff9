import pytest

from pyorpc.benchmark.calls.calling import Calling
from pyorpc.benchmark.calls.one_process import AtHome, BetweenApartments, ToNeutral
from tests.benchmark.calls.rounds import round_of

CALLS: list[Calling] = [
    AtHome(),
    ToNeutral(),
    BetweenApartments("STA", "STA"),
    BetweenApartments("STA", "MTA"),
    BetweenApartments("MTA", "STA"),
]


@pytest.mark.parametrize("call", CALLS)
def test_the_calls_arrive_and_closing_leaves_nothing(call: Calling) -> None:
    assert len(round_of(call).samples_ns) == 3


def test_a_pointer_at_home_is_held_against_a_plain_call() -> None:
    assert AtHome().subject.vs == "plain-call"
