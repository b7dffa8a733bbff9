"""A gibibyte through one pipe, between two real processes: neither ever holds much of it."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

import pyorpc
from pyorpc import COINIT, Pipe
from tests.conftest import Spawn
from tests.support.piper import serve_piper
from tests.support.piper_idl import IPiper
from tests.support.probe import in_apartment

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
MIB = 1024 * 1024
CHUNK = bytes(range(256)) * 512  # 128 KiB
# What may be under way on both sides, twice, and what allocators keep.
MOST_MORE = 8 * MIB
SIZES = [
    128 * MIB,
    pytest.param(1024 * MIB, marks=[pytest.mark.nightly, pytest.mark.timeout(900)]),
]


def most_memory(pid: int | str) -> int:
    """The most bytes that a process ever had in memory."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


@contextmanager
def constant_memory(*pids: int | str) -> Generator[None]:
    before = [most_memory(pid) for pid in pids]
    yield
    more = [most_memory(pid) - start for pid, start in zip(pids, before, strict=True)]
    print(f"at most {max(more) / MIB:.1f} MiB more, of {more}")
    assert max(more) <= MOST_MORE


def flow(piper: IPiper, size: int) -> None:
    sent = piper.Sum(Pipe(CHUNK for _ in range(size // len(CHUNK))))[0]
    taken = sum(len(chunk) for chunk in piper.Flood(size, len(CHUNK)))
    assert (sent, taken) == (size, size)


@pytest.mark.parametrize(("caller", "callee"), [(STA, MTA), (MTA, STA)])
@pytest.mark.parametrize("size", SIZES)
def test_bulk_data_flows_both_ways_in_constant_memory(
    spawn: Spawn, caller: COINIT, callee: COINIT, size: int
) -> None:
    child = spawn(serve_piper, int(callee), {})
    with in_apartment(caller):
        piper = pyorpc.unmarshal_interface(child.receive(), IPiper)
        flow(piper, 16 * MIB)  # what is loaded and kept once
        with constant_memory("self", child.pid):
            flow(piper, size)
    child.send("stop")
