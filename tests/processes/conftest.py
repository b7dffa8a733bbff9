"""A server process for bad input, shared by the tests of one module; after each it must be well."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pyorpc import COINIT
from pyorpc.testing import WirePeer
from pyorpc.wire.objref import unpack
from tests.support.child import Child
from tests.support.garden_server import ADD, Bystander, Server
from tests.support.gardener import Garden, serve_garden
from tests.support.plain_msgpack import unpack as plain
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


@pytest.fixture(scope="module", params=[STA, MTA], ids=["STA", "MTA"])
def shared(request: Any) -> Iterator[Server]:
    place = Path(tempfile.mkdtemp(prefix="o-", dir="/tmp"))
    environment = {"PYORPC_HOME": str(place), "XDG_RUNTIME_DIR": str(place)}
    place.chmod(0o700)
    with Child(serve_garden, int(request.param), {}, environment=environment) as child:
        garden = Garden(child)
        bystander = Bystander(garden.probe)
        yield Server(garden, unpack(garden.probe), unpack(garden.garden), bystander)
        bystander.close()
        child.send("stop")
        assert child.join() == 0
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def server(shared: Server) -> Iterator[Server]:
    shared.bystander.watch()
    yield shared
    with WirePeer(shared.garden.probe) as peer:
        peer.send(peer.frames(shared.probe_ref.ipid, ADD, (20, 3)))
        assert peer.receive() == 0, "the server does not answer the next good call"
        assert plain(peer.body) == 23
    assert shared.bystander.stop_watching() == []
    assert shared.garden.child.is_running
    wait_until(lambda: shared.garden.ask("incoming") == 0, "every call has ended")


@pytest.fixture
def peer(server: Server) -> Iterator[WirePeer]:
    with WirePeer(server.garden.probe) as peer:
        yield peer


@pytest.fixture
def housekeeping(server: Server) -> Iterator[WirePeer]:
    with WirePeer(server.garden.probe, to_process=True) as peer:
        yield peer
