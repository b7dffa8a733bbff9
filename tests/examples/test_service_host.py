"""One of two services in a process is disconnected and unloaded; the other goes on."""

from __future__ import annotations

import re

import pytest

from tests.examples.running import run_example


@pytest.mark.processes
def test_a_service_is_unloaded_under_its_clients_hands_and_the_other_goes_on() -> None:
    printed = run_example("service_host/main.py")

    assert "in sys.modules: False, in memory: False" in printed
    assert "an object that a client holds: RPC_E_DISCONNECTED (0x80010108)" in printed
    during = re.search(r"the calendar answered (\d+) times meanwhile", printed)
    assert during is not None
    assert int(during[1]) > 0
    for name in ("alice", "bob", "carol"):
        # The first code while running calls end, the second from then on.
        gone = r"(CO_E_OBJNOTCONNECTED|RPC_E_DISCONNECTED)"
        assert re.search(rf"{name}: [1-9]\d* digests, then {gone}", printed)
        assert f"{name}: the calendar goes on; 12 months" in printed
