"""The demonstration: `make demo`, or `python demo.py`. A story through all examples, in a minute.

All of it in real processes. The service control manager (SCM) starts the servers when the first
client asks for an object. At the end no process is left, also after Ctrl-C. `--no-costs` leaves
out the table at the end.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from rich.console import Console

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "demo"
EXAMPLES = ("ledger", "search", "plotter", "service_host")
PYORPC = (sys.executable, "-m", "pyorpc")
PACKAGES = ("asyncio", "email", "json", "unittest")
BENCHMARK_S = 5
ENDING_S = 10
console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    started = time.monotonic()
    BUILD.mkdir(parents=True, exist_ok=True)
    try:
        with own_home() as home:
            show_examples(home)
        if "--no-costs" not in sys.argv:
            show_costs()
    except KeyboardInterrupt:
        console.print("\ninterrupted")
        return 130
    except subprocess.CalledProcessError as failure:
        console.print(f"\nfailed: {failure}", markup=False)
        return 1
    console.print(f"\nDone, in {time.monotonic() - started:.0f} s. The pictures are in {BUILD}")
    return 0


def show_examples(home: Path) -> None:
    try:
        compile_interfaces(home)
        register_classes(home)
        tell_story()
    except subprocess.CalledProcessError:
        show_logs(home)
        raise


# ---- Before: interfaces and classes ---------------------------------------------------------


def compile_interfaces(home: Path) -> None:
    heading("Compile the interfaces: pyorpc idl compile")
    sources = [HERE / name / f"{name}.idl" for name in EXAMPLES]
    run(*PYORPC, "idl", "compile", *map(str, sources), "-o", str(home / "idl"))
    for source in sources:
        module = f"{source.stem}_idl.py"
        made, committed = home / "idl" / module, source.with_name(module)
        is_current = made.read_text() == committed.read_text()
        state = "as committed" if is_current else "NOT as committed: run `make idl`"
        console.print(f"{source.relative_to(HERE)}: {module} is {state}")


def register_classes(home: Path) -> None:
    heading("Register the classes in the catalog: pyorpc register")
    # For most it takes their name: their server will be `pyorpc serve`.
    for example, implementation in (("search", "server:Search"), ("plotter", "server:Plotter")):
        register("--path", str(HERE / example), implementation)
    # These have a server of their own.
    register_server("ledger", "Ledger", str(home / "ledger.sqlite3"))
    register_server("ledger", "FreeLedger", "--free", str(home / "free.sqlite3"))
    for name in ("ServiceHost", "Calendar", "Digest"):
        register_server("service_host", name)


def register_server(example: str, name: str, *options: str) -> None:
    text = (HERE / example / f"{example}.idl").read_text()
    found = re.search(rf'CLSID_{name} = L"([^"]+)"', text)
    assert found is not None
    command = shlex.join([sys.executable, str(HERE / example / "server.py"), *options])
    register(found[1], "--progid", f"Example.{name}", "--command", command)


def register(*arguments: str) -> None:
    command = [*PYORPC, "register", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    console.print(done.stdout.partition(":")[0])


# ---- The story ------------------------------------------------------------------------------


def tell_story() -> None:
    heading("ledger: one SQLite connection in an STA, eight processes post at once")
    names = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
    run_together([client("ledger", name, "25") for name in names])
    console.print("The same object registered from the MTA, where calls come on any thread:")
    run_together([client("ledger", "--free", name, "1") for name in names[:2]], expected=1)

    heading("search: the MTA, with progress into the client's STA, and cancelling")
    run(*client("search"))

    heading("plotter: pyplot is not thread-safe; one STA draws for four processes")
    run_together([client("plotter", package, str(BUILD)) for package in PACKAGES])

    heading("service_host: two services in one process; one is unloaded, the other goes on")
    clients = [start(*client("service_host", name), reads=True) for name in ("alice", "bob")]
    for each in clients:
        pass_on(each, lines=1)  # now it holds objects of both services
    run(sys.executable, str(HERE / "service_host" / "stop.py"))
    for each in clients:
        pass_on(each)
    wait_for(clients)

    heading("The processes that the SCM knows: pyorpc scm status")
    run(*PYORPC, "scm", "status")


def show_costs() -> None:
    heading(f"What a call costs: bench/call_cost.py, a run of {BENCHMARK_S} s and the warm-up")
    options = ["--seconds", str(BENCHMARK_S), "--rounds", "2", "--sessions", "1"]
    program = HERE.parent / "bench" / "call_cost.py"
    run(sys.executable, str(program), *options, "--png", str(BUILD / "call_cost.png"))


# ---- Processes ------------------------------------------------------------------------------


def client(example: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, str(HERE / example / "client.py"), *arguments)


def start(*command: str, reads: bool = False) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE if reads else None, text=True)


def pass_on(process: subprocess.Popen[str], lines: int | None = None) -> None:
    """Print so many lines of what a process writes, or all."""
    assert process.stdout is not None
    for line in itertools.islice(process.stdout, lines):
        console.print(line.rstrip(), markup=False)


def run(*command: str) -> None:
    wait_for([start(*command)])


def run_together(commands: Sequence[Sequence[str]], expected: int = 0) -> None:
    wait_for([start(*command) for command in commands], expected)


def wait_for(processes: Sequence[subprocess.Popen[str]], expected: int = 0) -> None:
    """Raises CalledProcessError if one of them ends with another exit code."""
    try:
        for process in processes:
            if process.wait() != expected:
                raise subprocess.CalledProcessError(process.returncode, process.args)
    finally:
        for process in processes:
            process.terminate()


@contextlib.contextmanager
def own_home() -> Generator[Path]:
    """Where the demo's processes find each other. At the end, however it comes, none is left."""
    with tempfile.TemporaryDirectory(prefix="demo-") as home:
        os.environ["PYORPC_HOME"] = home
        try:
            yield Path(home)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            end_servers()
            subprocess.run([*PYORPC, "scm", "stop"], check=False)
            signal.signal(signal.SIGINT, signal.default_int_handler)


def end_servers() -> None:
    """Those that `pyorpc serve` serves would end by themselves, soon after their last client."""
    give_up_at = time.monotonic() + ENDING_S
    while (servers := running_servers()) and time.monotonic() < give_up_at:
        for pid in servers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        time.sleep(0.1)


def running_servers() -> list[int]:
    status = subprocess.run([*PYORPC, "scm", "status"], capture_output=True, text=True, check=False)
    return [int(pid) for pid in re.findall(r"^server: process (\d+)", status.stdout, re.MULTILINE)]


def show_logs(home: Path) -> None:
    for log in sorted(home.rglob("*.log")):
        if text := log.read_text(errors="replace").strip():
            console.print(f"--- {log.name}:\n{text[-2000:]}", markup=False)


def heading(text: str) -> None:
    console.print()
    console.rule(f"[bold]{text}", align="left")


if __name__ == "__main__":
    sys.exit(main())
