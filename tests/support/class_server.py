"""A child process that registers class objects as its test tells it, and how a test tells it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyorpc
from pyorpc import CLSCTX, COINIT, REGCLS, ComError, Runtime, ThreadingModel, coclass
from pyorpc.activation.scm_seat import ScmSeat
from pyorpc.activation.server_directory import ServerDirectory
from pyorpc.interfaces.unknwn_idl import IClassFactory
from pyorpc.remoting.peer import new_identity
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Child, Parent
from tests.support.probe import Probe, alive
from tests.support.probe_classes import Overlap
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

OVERLAP = Overlap()


class Served(Probe):
    """Adds up to: the most calls that were inside at once."""

    def Sleep(self, seconds: float) -> None:
        with OVERLAP:
            time.sleep(seconds)

    def Add(self, a: int, b: int) -> int:
        return OVERLAP.most

    def Echo(self, text: str) -> str:
        return f"{text} from {os.getpid()}"


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1201", "Served.X", ThreadingModel.APARTMENT)
class ServedX(Served):
    """One class."""


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1202", "Served.Y", ThreadingModel.FREE)
class ServedY(Served):
    """Another one."""


PLAN = {"constructor": ""}
BEGUN, MAY_GO_ON = threading.Event(), threading.Event()


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1203", "Served.Z", ThreadingModel.FREE)
class ServedZ(Served):
    """Its constructor does what the test has planned."""

    def __init__(self) -> None:
        super().__init__()
        BEGUN.set()
        match PLAN["constructor"]:
            case "raise":
                raise ValueError("no film")
            case "refuse":
                raise ComError(0x8004_0333, "no light")
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "wait":
                assert MAY_GO_ON.wait(25)
            case _:
                pass


def plan(constructor: str) -> None:
    PLAN["constructor"] = constructor
    BEGUN.clear()
    MAY_GO_ON.clear()


class LockFactory(IClassFactory):
    """Counts locks as servers were written to count them."""

    def CreateInstance(self, pUnkOuter: Any, riid: Any) -> Any:
        return ServedX().QueryInterface(riid)

    def LockServer(self, fLock: int) -> None:
        if fLock:
            pyorpc.add_ref_server_process()
        else:
            pyorpc.release_server_process()


CLASSES: dict[str, Any] = {"X": ServedX, "Y": ServedY, "Z": ServedZ}
FACTORIES: dict[str, Any] = {**CLASSES, "locks": LockFactory()}


def register(
    name: str,
    flags: int = REGCLS.MULTIPLEUSE,
    factory: str = "",
    clsctx: int = CLSCTX.LOCAL_SERVER,
) -> int:
    made: Any = FACTORIES[factory or name]
    return pyorpc.register_class_object(CLASSES[name], made, clsctx, flags)


def register_active(name: str) -> int:
    return pyorpc.register_active_object(CLASSES[name](), CLASSES[name])


def register_again(name: str) -> int:
    """Register as one's own what another process has registered."""
    found = pyorpc.get_active_object(CLASSES[name], IProbe)
    return pyorpc.register_active_object(found, CLASSES[name])


ACTIONS: dict[str, Any] = {
    "register_active": register_active,
    "register_again": register_again,
    "revoke_active": pyorpc.revoke_active_object,
    "register": register,
    "revoke": pyorpc.revoke_class_object,
    "resume": pyorpc.resume_class_objects,
    "suspend": pyorpc.suspend_class_objects,
    "add_ref": pyorpc.add_ref_server_process,
    "release": pyorpc.release_server_process,
    "ident": threading.get_ident,
    "plan": plan,
    "begun": lambda: BEGUN.wait(10),
    "go on": MAY_GO_ON.set,
    "alive": alive,
}


def answer(action: str, *args: Any) -> Any:
    try:
        return ACTIONS[action](*args)
    except ComError as error:
        return ["failed", int(error.hresult), error.description]


def serve_classes(test: Parent, settings: dict[str, Any]) -> None:
    """In a child process: do what the test tells, in an STA or in the MTA, until it says stop."""
    with (
        Runtime(**settings) as runtime,
        ApartmentThread(runtime, COINIT.APARTMENTTHREADED) as sta,
        ApartmentThread(runtime, COINIT.MULTITHREADED) as mta,
    ):
        threads = {"sta": sta, "mta": mta}
        test.send(list(runtime.network.process_endpoints()))
        while (message := test.receive(60)) != "stop":
            where, *action = message
            test.send(threads[where].run(answer, *action))


class ClassServer:
    """Such a child."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.endpoints: list[str] = child.receive()

    def do(self, where: str, *action: Any) -> Any:
        self.child.send([where, *action])
        return self.child.receive()

    def stop(self) -> None:
        self.child.send("stop")
        assert self.child.join() == 0


def class_server(spawn: Spawn, **settings: Any) -> ClassServer:
    return ClassServer(spawn(serve_classes, settings))


@contextmanager
def activations_end(home: Path) -> Generator[None]:
    """After the block the SCM of the home ends, and so do the servers that it started."""
    host = new_identity().host
    try:
        yield
    finally:
        seat, servers = ScmSeat(home, host), ServerDirectory(home, host)
        wanted = [each for each in (seat.holder(), *servers.servers()) if each is not None]
        for listener in wanted:
            with suppress(ProcessLookupError):
                if listener.pid != os.getpid():
                    os.kill(listener.pid, 15)
        wait_until(lambda: not any(each.is_running for each in wanted), "the servers end")
