"""Calls through pyorpc, at every distance, each beside the floor that it is held against."""

from pyorpc.benchmark.calls.one_process import AtHome, BetweenApartments, ToNeutral
from pyorpc.benchmark.calls.two_processes import BetweenProcesses, Pipelined
from pyorpc.benchmark.workload import Workload

__all__ = ["calls"]


def calls() -> list[Workload]:
    return [
        AtHome(),
        ToNeutral(),
        BetweenApartments("STA", "STA", aim_ratio=1.4),
        BetweenApartments("STA", "MTA"),
        BetweenApartments("MTA", "STA"),
        BetweenProcesses("STA", "STA", "ipc"),
        BetweenProcesses("STA", "STA", "tcp"),
        BetweenProcesses("STA", "MTA", "ipc"),
        BetweenProcesses("STA", "MTA", "tcp"),
        BetweenProcesses("MTA", "STA", "ipc"),
        BetweenProcesses("MTA", "MTA", "ipc"),
        Pipelined("STA", "ipc"),
        Pipelined("MTA", "ipc"),
    ]
