import pytest

from pyorpc.benchmark.calls import two_processes
from pyorpc.benchmark.calls.calling import Calling
from pyorpc.benchmark.calls.two_processes import BetweenProcesses, Pipelined
from tests.benchmark.calls.rounds import round_of

pytestmark = pytest.mark.processes

CALLS: list[Calling] = [
    BetweenProcesses("STA", "STA", "ipc"),
    BetweenProcesses("MTA", "MTA", "ipc"),
    BetweenProcesses("STA", "MTA", "tcp"),
    BetweenProcesses("MTA", "STA", "tcp"),
    Pipelined("STA", "ipc"),
    Pipelined("MTA", "tcp"),
]


@pytest.mark.parametrize("call", CALLS)
def test_the_calls_arrive_and_closing_leaves_nothing(call: Calling) -> None:
    assert len(round_of(call).samples_ns) == 3


def test_a_call_over_the_wrong_transport_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def uncut(_: str, packet: bytes) -> bytes:
        return packet

    monkeypatch.setattr(two_processes, "only_over", uncut)

    with pytest.raises(RuntimeError, match=r"the calls go over \{'ipc'\}, not tcp"):
        round_of(BetweenProcesses("STA", "STA", "tcp"))


def test_the_aims_are_those_that_were_set() -> None:
    aims = {
        callee: BetweenProcesses("STA", callee, "ipc").subject.aim_ratio
        for callee in ("STA", "MTA")
    }

    assert aims == {"STA": 1.35, "MTA": 1.6}
