"""What the tests of Ports share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pyorpc.transport.port import Port
from tests.support.sockets import Sockets, sockets


@pytest.fixture
def made(home: Path) -> Iterator[Sockets]:
    assert home.is_dir()
    with sockets() as made:
        yield made


@pytest.fixture(params=["bare", "with a socket", "shared", "of nobody"])
def port(request: pytest.FixtureRequest, made: Sockets) -> Port:
    """A Port in each way of waiting."""
    if request.param == "shared":
        return made.port(shared=True)
    if request.param == "of nobody":
        return made.port()
    port = made.own_port()
    if request.param == "with a socket":
        port.bind(made.endpoint())
        port.receive(0)
    return port
