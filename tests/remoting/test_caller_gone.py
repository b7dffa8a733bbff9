"""A wait that another process asked for ends when nobody waits for it any more."""

from __future__ import annotations

from typing import Any

import pyorpc
from pyorpc import COINIT, HRESULT, INFINITE, ISynchronize, ISynchronizeHandle, Runtime
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.far_runtime import FarRuntime
from tests.support.probe import in_apartment
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def auto_event() -> tuple[ISynchronize, Any]:
    """An event object, and the event that it waits with."""
    made = pyorpc.create_instance(pyorpc.CLSID_AutoResetEvent, ISynchronize)
    return made, made.QueryInterface(ISynchronizeHandle).GetHandle()


def wait_for_ever(test: Parent) -> None:
    with in_apartment(MTA):
        pyorpc.unmarshal_interface(test.receive(), ISynchronize).Wait(0, INFINITE)


def test_the_death_of_a_process_ends_its_wait_here(spawn: Spawn) -> None:
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        made, event = auto_event()
        child = spawn(wait_for_ever)
        child.send(pyorpc.marshal_interface(made, ISynchronize))
        wait_until(lambda: event._wakers, "it waits")
        child.kill9()
        wait_until(lambda: not event._wakers, "it waits no more")
        made.Signal()
        assert made.Wait(0, 0) == HRESULT.S_OK  # the dead one has not taken it


def test_a_cancelled_wait_ends_here_too() -> None:
    with (
        FarRuntime(MTA) as far,
        Runtime() as near,
        near.enter_apartment(MTA),
        ApartmentThread(near, MTA) as other,
    ):
        made, event = far.thread.run(auto_event)
        packet = far.thread.run(pyorpc.marshal_interface, made, ISynchronize)

        def waits() -> HRESULT:
            pyorpc.enable_call_cancellation()
            try:
                return pyorpc.unmarshal_interface(packet, ISynchronize).Wait(0, INFINITE)
            except pyorpc.CallCanceledError as error:
                return error.hresult

        waiting = other.begin(waits)
        wait_until(lambda: event._wakers, "it waits")
        pyorpc.cancel_call(other.ident)
        assert waiting.join() == HRESULT.RPC_E_CALL_CANCELED
        wait_until(lambda: not event._wakers, "it waits no more")


def test_a_runtime_that_closes_ends_the_waits_of_others() -> None:
    with Runtime() as near, ApartmentThread(near, MTA) as other:
        with FarRuntime(MTA, grace_s=0.2) as far:
            made, event = far.thread.run(auto_event)
            packet = far.thread.run(pyorpc.marshal_interface, made, ISynchronize)

            def waits() -> bool:
                try:
                    pyorpc.unmarshal_interface(packet, ISynchronize).Wait(0, INFINITE)
                except pyorpc.ComError:
                    return True
                return False

            waiting = other.begin(waits)
            wait_until(lambda: event._wakers, "it waits")
        assert waiting.join()
        wait_until(lambda: not event._wakers, "it waits no more")
