"""The SCM's choice among servers. Starting some: tests/processes/test_scm.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pyorpc import REGCLS, Runtime
from pyorpc.activation.catalog import Catalog
from pyorpc.activation.coclass import record_of
from pyorpc.activation.launcher import Launcher
from pyorpc.activation.scm import Scm
from pyorpc.activation.surroundings import own_surroundings
from pyorpc.interfaces.unknwn_idl import IClassFactory
from tests.conftest import Spawn
from tests.support.class_server import ServedX, class_server
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

X = record_of(ServedX).clsid


@pytest.fixture
def scm(home: Path) -> Iterator[Scm]:
    with Runtime() as runtime, runtime.enter_apartment():
        launcher = Launcher(runtime, home)
        yield Scm(runtime, runtime.activation.door.servers, Catalog(home), launcher)


def pid_of(made: IProbe | None) -> int:
    assert made is not None
    return int(made.Echo("").rpartition(" ")[2])


def test_a_class_that_nobody_knows_is_a_null_pointer(scm: Scm) -> None:
    assert scm.ActivateInstance(X, IProbe, own_surroundings(), 5) is None
    assert scm.ActivateClassObject(X, IClassFactory, own_surroundings(), 5) is None
    assert scm.CreateInstance(X, IProbe) is None


def test_single_use_servers_are_used_one_after_the_other(scm: Scm, spawn: Spawn) -> None:
    servers = [class_server(spawn) for _ in range(2)]
    for server in servers:
        server.do("sta", "register", "X", REGCLS.SINGLEUSE)
    made = [scm.CreateInstance(X, IProbe) for _ in range(3)]
    assert made[2] is None
    assert {pid_of(each) for each in made[:2]} == {server.child.pid for server in servers}
    for server in servers:
        server.stop()


def test_a_server_that_has_died_is_passed_over(scm: Scm, spawn: Spawn) -> None:
    first, second = class_server(spawn), class_server(spawn)
    for server in (first, second):
        server.do("sta", "register", "X")
    assert pid_of(scm.CreateInstance(X, IProbe)) == first.child.pid
    first.child.kill9()
    assert pid_of(scm.CreateInstance(X, IProbe)) == second.child.pid
    second.stop()


def test_a_server_that_was_told_to_stop_is_passed_over(scm: Scm, spawn: Spawn) -> None:
    first, second = class_server(spawn), class_server(spawn)
    for server in (first, second):
        server.do("sta", "register", "X")
    first.do("sta", "add_ref")
    assert first.do("sta", "release") == 0
    factory = scm.GetClassObject(X, IClassFactory)
    assert factory is not None
    assert pid_of(factory.CreateInstance(None, IProbe)) == second.child.pid
    for server in (first, second):
        server.stop()


def test_it_is_idle_while_no_server_runs(scm: Scm, spawn: Spawn) -> None:
    wait_until(lambda: scm.idle_s() > 0.05)
    server = class_server(spawn)
    server.do("sta", "register", "X")
    assert scm.idle_s() < 0.05
    server.stop()
    wait_until(lambda: scm.idle_s() > 0.05)
