"""What import-linter cannot say about the shape of the package. Exceptions need a reason here."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "pyorpc"
LONGEST_FILE = 400

# ---- Exceptions: file and reason ------------------------------------------------------------

WITHOUT_OWN_TEST = {
    "__main__.py": "two lines; tests/cli/test_main.py runs it",
    # What only works between apartments or processes is tested there:
    "functions/apartments.py": "tests/conformance/test_apt.py and test_cal.py",
    "functions/call_context.py": "tests/conformance/test_obc.py",
    "functions/calls.py": "tests/scenarios/test_cancel.py and test_begin_finish.py",
    "remoting/async_stub.py": "tests/conformance/test_asy_server.py",
    "remoting/call_outer.py": "tests/conformance/test_asy_outer.py",
    "remoting/channel_hooks.py": "tests/conformance/test_rem_hooks.py",
    "remoting/dispatch_remote.py": "tests/scenarios/test_late_binding.py",
    "remoting/dispatcher.py": "tests/processes/test_bad_input.py",
    "remoting/holdings.py": "tests/processes/test_references.py",
    "remoting/handle_waits.py": "tests/conformance/test_wai.py",
    "remoting/hooked_call.py": "tests/conformance/test_rem_hooks.py",
    "remoting/in_process_link.py": "tests/scenarios, in one process",
    "remoting/in_process_wait.py": "tests/scenarios, in one process",
    "remoting/lines.py": "tests/processes/test_call_path.py",
    "remoting/local_incoming_call.py": "tests/remoting/test_incoming_call.py",
    "remoting/remote_incoming_call.py": "tests/remoting/test_incoming_call.py",
    "remoting/local_link.py": "tests/scenarios/test_sta_callback.py",
    "remoting/network.py": "tests/processes/test_no_listening_caller.py",
    "remoting/outgoing_call.py": "tests/remoting/test_call_table.py",
    "remoting/own_loop.py": "tests/remoting/test_awaitable.py and test_pipe_awaitable.py",
    "remoting/peer.py": "tests/processes/test_peer_death.py",
    "remoting/reference_desk.py": "tests/processes/test_references.py and test_peer_death.py",
    "remoting/remote_link.py": "tests/processes/test_references.py",
    "remoting/remote_links.py": "tests/processes/test_references.py",
    "remoting/wired_apartments.py": "tests/test_runtime.py",
    "remoting/same_thread_link.py": "tests/conformance/test_cal.py",
    "remoting/stub.py": "tests/scenarios, every call",
    "remoting/stub_manager.py": "tests/remoting/test_exporter.py and test_hand_packets.py",
    "services/call_faces.py": "tests/conformance/test_asy.py",
    "services/channel_hook.py": "tests/conformance/test_rem_hooks.py",
    "services/controlling_unknown.py": "tests/conformance/test_asy_server.py",
    "trio/task_waker.py": "tests/trio/test_waiting.py and test_feed.py",
}

LONGER: dict[str, str] = {}

STARTS_THREADS = {
    "benchmark/pipes/fairness.py": "who empties the pipe while another thread pings",
    "apartment/sta.py": "the threads of STAs that the runtime owns",
    "apartment/mta.py": "the pool",
    "activation/host_sta.py": "STAs for classes whose creator is in none",
    "benchmark/calls/apartment_thread.py": "the callee of an in-process call",
    "remoting/housekeeping.py": "the one housekeeping thread of a process",
    "benchmark/floors/ping_pong.py": "measures two bare threads",
    "benchmark/peer_process.py": "ends a measured process with its parent",
}

# Registries that live as long as the process.
MODULE_STATE = {
    "wakeups.py": "a counter of the process: waits belong to threads, which come and go",
    "unknown.py": "the loaded interface classes by their IID, weakly held",
    "default_runtime.py": "the default Runtime of the process",
    "apartment/apcs.py": "what was queued to threads, in COM or not; it goes with each",
    "remoting/async_method.py": "which methods of a class are coroutines, weakly held",
    "activation/inproc_classes.py": "classes registered in process, as COM's registry has them",
}

PACKAGE_FILES_WITH_LOGIC = {
    "__init__.py": "lists the public names",
    "benchmark/calls/__init__.py": "the list of what its modules measure",
    "benchmark/floors/__init__.py": "the list of what its modules measure",
}

# ---------------------------------------------------------------------------------------------


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def is_generated(path: Path) -> bool:
    return path.name.endswith("_idl.py") and not path.name.startswith("test_")


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_every_module_has_its_own_test_file() -> None:
    lacking = [
        name_of(path)
        for path in modules()
        if path.name != "__init__.py"
        and not is_generated(path)
        and name_of(path) not in WITHOUT_OWN_TEST
        and not (ROOT / "tests" / path.relative_to(PACKAGE).with_name(f"test_{path.name}")).exists()
    ]
    assert lacking == []


def test_a_package_file_only_re_exports() -> None:
    """An __init__.py holds a docstring, imports, __all__ and plain assignments."""
    allowed = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    with_logic = [
        name_of(path)
        for path in PACKAGE.rglob("__init__.py")
        if not all(isinstance(node, allowed) for node in ast.parse(path.read_text()).body)
        and name_of(path) not in PACKAGE_FILES_WITH_LOGIC
    ]
    assert with_logic == []


def test_no_module_is_longer_than_400_lines() -> None:
    too_long = {
        name_of(path): lines
        for path in modules()
        if not is_generated(path)
        and name_of(path) not in LONGER
        and (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert too_long == {}


def test_every_module_says_what_it_is() -> None:
    silent = [
        name_of(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert [name for name in silent if not name.endswith("_idl.py")] == []


@pytest.mark.parametrize("folder", ["pyorpc", "examples", "tests"])
def test_generated_code_imports_only_its_support_and_its_like(folder: str) -> None:
    strange = [
        (path.relative_to(ROOT).as_posix(), name)
        for path in filter(is_generated, (ROOT / folder).rglob("*_idl.py"))
        for name in imports_of(path)
        if name.split(".")[0] in {"", "pyorpc"}
        and name != "pyorpc.generated_support"
        and not name.endswith("_idl")
    ]
    assert strange == []


def test_threads_are_started_in_few_places() -> None:
    starting = {name_of(path) for path in modules() if "threading.Thread(" in path.read_text()}
    starting |= {name_of(path) for path in modules() if "import Thread\n" in path.read_text()}
    assert starting - STARTS_THREADS.keys() == set()


def test_no_module_keeps_a_registry() -> None:
    """An empty container at module level is state that two Runtimes would share."""
    kept = [
        f"{name_of(path)}:{node.lineno}"
        for path in modules()
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and node.value is not None
        and is_empty_container(node.value)
        and name_of(path) not in MODULE_STATE
    ]
    assert kept == []


EMPTY_CONTAINERS = {"dict", "list", "set", "deque", "defaultdict", "WeakSet"}


def is_empty_container(value: ast.expr) -> bool:
    match value:
        case ast.Dict(keys=[]) | ast.List(elts=[]):
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[]):
            return name in EMPTY_CONTAINERS or name.endswith("Dictionary")
        case _:
            return False


def test_no_pickle_anywhere() -> None:
    pickling = {
        name_of(path)
        for path in modules()
        if {"pickle", "marshal", "shelve"} & {name.split(".")[0] for name in imports_of(path)}
    }
    assert pickling == set()


def test_every_longer_file_is_still_longer() -> None:
    lengths = {name: len((PACKAGE / name).read_text().splitlines()) for name in LONGER}
    assert [name for name, lines in lengths.items() if lines <= LONGEST_FILE] == []


def test_import_pyorpc_loads_neither_trio_nor_lark_nor_click() -> None:
    unwanted = {"trio", "lark", "click", "rich", "asyncio", "matplotlib", "pygls", "lsprotocol"}
    program = f"import sys, pyorpc; print(*sorted({unwanted} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=25,
    )
    assert done.stdout.split() == []
