from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from pyorpc.activation.remote_activation import checked_host, door_at
from pyorpc.context.thread_state import thread_state
from pyorpc.interfaces.activation_idl import IRemoteActivation
from tests.conftest import Spawn
from tests.support.class_server import class_server


@pytest.mark.parametrize(
    "host", ["tcp://10.0.0.1:5555", "tcp://name:1", "tcp://[::1]:5555", "ipc:///run/x"]
)
def test_an_endpoint_is_a_host(host: str) -> None:
    assert checked_host(host) == host


@pytest.mark.parametrize(
    "host", ["", "name", "tcp://name", "tcp://:5555", "tcp://*:*", "udp://x:1", "ipc://x", 7, b"x"]
)
def test_anything_else_is_none(host: Any) -> None:
    with pytest.raises(ComError) as refused:
        checked_host(host)
    assert refused.value.hresult == HRESULT.E_INVALIDARG


def test_nobody_listens_there(home: Any) -> None:
    with Runtime() as runtime, runtime.enter_apartment():
        with (
            pytest.raises(ComError) as refused,
            door_at(f"ipc://{home}/nobody", IRemoteActivation, runtime, thread_state()),
        ):
            pass
        assert refused.value.hresult == HRESULT.RPC_S_SERVER_UNAVAILABLE
        assert refused.value.executed == "no"


@pytest.mark.parametrize("coinit", [COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED])
def test_a_process_without_class_objects_has_no_door(spawn: Spawn, coinit: COINIT) -> None:
    server = class_server(spawn)
    (endpoint,) = server.endpoints
    with Runtime() as runtime, runtime.enter_apartment(coinit):
        with pytest.raises(ComError) as refused:
            pyorpc.create_instance(
                "5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1b01", IRemoteActivation, host=endpoint
            )
        assert refused.value.hresult == HRESULT.REGDB_E_CLASSNOTREG
        server.do("mta", "register", "Y")
        with door_at(endpoint, IRemoteActivation, runtime, thread_state()) as door:
            assert pyorpc.is_same_object(door, door)
    server.stop()
