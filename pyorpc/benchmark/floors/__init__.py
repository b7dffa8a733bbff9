"""What a call is held against: the same trip without pyorpc, measured in the same run."""

from pyorpc.benchmark.floors.dealer_router import DealerRouter, PipelinedDealerRouter
from pyorpc.benchmark.floors.ping_pong import (
    EventfdPingPong,
    LockPingPong,
    QueuePingPong,
    ReadPingPong,
)
from pyorpc.benchmark.floors.plain_call import PlainCall
from pyorpc.benchmark.floors.socketpair import Socketpair
from pyorpc.benchmark.workload import Workload

__all__ = ["floors"]


def floors() -> list[Workload]:
    return [
        PlainCall(),
        EventfdPingPong(),
        ReadPingPong(),
        LockPingPong(),
        QueuePingPong(),
        Socketpair(),
        DealerRouter("ipc"),
        DealerRouter("tcp"),
        PipelinedDealerRouter("ipc"),
    ]
