"""Machine: where and with what a measurement was made; without it a figure means little."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec
import zmq

import pyorpc


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """`cores_used` is what the run was allowed to use: 1 when it was pinned."""

    cpu: str
    cores: int
    cores_used: int
    kernel: str
    python: str
    libzmq: str
    pyzmq: str
    msgspec: str
    pyorpc: str
    commit: str
    load_1_min: float
    measured_at: str

    @property
    def line(self) -> str:
        return (
            f"{self.cpu}, {self.cores_used} of {self.cores} cores, {self.kernel}; "
            f"Python {self.python}, libzmq {self.libzmq}, pyzmq {self.pyzmq}; "
            f"pyorpc {self.pyorpc} {self.commit}"
        )


def this_machine() -> Machine:
    return Machine(
        cpu=_cpu(Path("/proc/cpuinfo")),
        cores=os.cpu_count() or 1,
        cores_used=len(os.sched_getaffinity(0)),
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        libzmq=zmq.zmq_version(),
        pyzmq=zmq.pyzmq_version(),
        msgspec=version("msgspec"),
        pyorpc=_own_version(),
        commit=_commit(Path(pyorpc.__file__).parents[1]),
        load_1_min=os.getloadavg()[0],
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _cpu(cpuinfo: Path) -> str:
    for line in cpuinfo.read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _own_version() -> str:
    try:
        return version("pyorpc")
    except PackageNotFoundError:
        return "from its source tree"


def _commit(source_tree: Path) -> str:
    """The short commit, with a + if files differ from it; empty outside a repository."""
    if not (source_tree / ".git").exists():
        return ""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"],
            cwd=source_tree,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return described.stdout.strip()
