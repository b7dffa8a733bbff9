"""Of several pointers that travel together, none is kept if one of them cannot travel."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, Runtime
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, alive, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def released_pointer(far: FarRuntime) -> IProbe:
    made = far.pointer().Make()
    assert made is not None
    assert pyorpc.release(made) == 0
    return made


def test_a_pointer_that_cannot_be_packed_takes_the_others_back() -> None:
    with FarRuntime() as far, in_apartment(MTA) as near:
        probe, gone = far.pointer(), released_pointer(far)
        with pytest.raises(pyorpc.DisconnectedError):
            probe.Many(3, [Probe(), Probe(), gone])
        call = pyorpc.create_call(probe, AsyncIProbe)
        with pytest.raises(pyorpc.DisconnectedError):
            call.Begin_Many(2, [Probe(), gone])
        wait_until(lambda: near.exporter.managers() == [], "nothing stays exported")
        assert probe.Many(2, [Probe(), Probe()]) == 2
        wait_until(lambda: near.exporter.managers() == [], "nor after a good call")


def test_inside_a_process_likewise() -> None:
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA) as other:
        before = alive()
        probe = pyorpc.unmarshal_interface(other.packet, IProbe)
        made = probe.Make()
        pyorpc.release(made)
        with pytest.raises(pyorpc.DisconnectedError):
            probe.Many(2, [Probe(), made])
        wait_until(lambda: alive() <= before, "nothing is kept")


class Meddler(Probe):
    """Makes a call of its own while it is being packed."""

    def __init__(self, called: IProbe) -> None:
        super().__init__()
        self._called = called
        self.asked = 0

    def QueryInterface(self, iface: type[pyorpc.IUnknown]) -> pyorpc.IUnknown:  # type: ignore[override]
        self.asked += 1
        assert self._called.Many(1, [Probe()]) == 1
        return super().QueryInterface(iface)


def test_a_call_that_is_made_while_another_is_packed_does_not_touch_its_packets() -> None:
    with FarRuntime() as far, in_apartment(MTA) as near:
        probe = far.pointer()
        meddler = Meddler(probe)
        assert probe.Many(3, [Probe(), meddler, Probe()]) == 3
        assert meddler.asked > 0
        wait_until(lambda: near.exporter.managers() == [], "all are released")


class Keeper(Probe):
    """Counts the pointers that it was given."""

    given = 0

    def Many(self, n: int, others: Sequence[IProbe | None]) -> int:
        self.given = n
        return n


@pytest.mark.parametrize("is_remote", [True, False])
def test_what_comes_after_a_pointer_that_cannot_be_unpacked_is_released(is_remote: bool) -> None:
    keeper = Keeper()
    with FarRuntime(MTA, keeper) as far:
        near = Runtime() if is_remote else far.runtime
        with near.enter_apartment(STA):
            probe = far.pointer()
            gone = Probe()
            pointer = pyorpc.unmarshal_interface(far.packet(gone), IProbe)
            far.thread.run(pyorpc.disconnect_object, gone)
            with pytest.raises(pyorpc.DisconnectedError) as refused:
                probe.Many(3, [Probe(), pointer, Probe()])
            assert refused.value.hresult in (
                HRESULT.CO_E_OBJNOTCONNECTED,
                HRESULT.RPC_E_DISCONNECTED,
            )
            assert keeper.given == 0
            mine = [m for m in near.exporter.managers() if m.target is not keeper]
            wait_until(
                lambda: [m for m in near.exporter.managers() if m.target is not keeper] == [],
                f"of the arguments none is kept: {mine}",
            )
        if is_remote:
            near.close()
