import threading

import pytest

from pyorpc.benchmark.floors.ping_pong import (
    EventfdPingPong,
    LockPingPong,
    QueuePingPong,
    ReadPingPong,
)

PingPong = EventfdPingPong | LockPingPong | QueuePingPong


@pytest.fixture(params=[EventfdPingPong, ReadPingPong, LockPingPong, QueuePingPong])
def ping_pong(request: pytest.FixtureRequest) -> PingPong:
    made: PingPong = request.param()
    return made


def test_every_ball_comes_back(ping_pong: PingPong) -> None:
    call = ping_pong.open()
    try:
        assert len(ping_pong.round(call, 20).samples_ns) == 20
    finally:
        ping_pong.close()


def test_the_second_thread_ends_with_its_workload(ping_pong: PingPong) -> None:
    before = set(threading.enumerate())
    ping_pong.round(ping_pong.open(), 1)

    ping_pong.close()

    assert set(threading.enumerate()) == before


def test_a_workload_that_was_never_opened_can_be_closed(ping_pong: PingPong) -> None:
    ping_pong.close()
