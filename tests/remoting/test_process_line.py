"""Process links: what ends as it should is no reason to warn."""

from __future__ import annotations

import logging

import pytest

import pyorpc
from pyorpc import COINIT
from tests.conftest import Spawn
from tests.support.child import Parent
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until


def be_called_back(test: Parent) -> None:
    with in_apartment(COINIT.APARTMENTTHREADED):
        far = pyorpc.unmarshal_interface(test.receive(), IProbe)
        far.CallBack(Probe())


@pytest.mark.processes
def test_a_caller_that_was_called_back_ends_without_a_warning(
    spawn: Spawn, caplog: pytest.LogCaptureFixture
) -> None:
    with in_apartment(COINIT.MULTITHREADED) as runtime:
        for child in [spawn(be_called_back) for _ in range(4)]:
            child.send(pyorpc.marshal_interface(Probe(), IProbe))
            assert child.join() == 0
        wait_until(lambda: not runtime.resolver.peers, "their end is known")
    warnings = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert warnings == []
