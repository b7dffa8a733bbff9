"""What other processes are answered that come through the door."""

from __future__ import annotations

import threading

import pytest

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, REGCLS, ComError, Runtime
from pyorpc.activation.coclass import record_of
from pyorpc.interfaces.activation_idl import IRemoteActivation
from pyorpc.interfaces.unknwn_idl import IClassFactory
from tests.support.apartment_thread import ApartmentThread
from tests.support.probe_classes import ProbeBoth, ProbeFailing, ProbeFree
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
LOCAL = CLSCTX.LOCAL_SERVER
X = record_of(ProbeBoth).clsid


def through_the_door(runtime: Runtime) -> IRemoteActivation:
    door = runtime.marshaler.unmarshal(runtime.activation.door.ref(), IRemoteActivation)
    assert door is not None
    return door


def test_objects_are_made_in_the_apartment_that_registered() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as a, runtime.enter_apartment(STA):
        a.run(pyorpc.register_class_object, ProbeBoth, ProbeBoth)
        made = through_the_door(runtime).CreateInstance(X, IProbe)
        assert made is not None
        assert made.ThreadId() == a.ident
        factory = through_the_door(runtime).GetClassObject(X, IClassFactory)
        assert factory is not None
        assert factory.CreateInstance(None, IProbe) is not None


def test_a_class_that_is_not_here_is_a_null_pointer() -> None:
    with Runtime() as runtime, runtime.enter_apartment(STA):
        cookie = pyorpc.register_class_object(ProbeBoth, ProbeBoth)
        door = through_the_door(runtime)
        assert door.CreateInstance(record_of(ProbeFree).clsid, IProbe) is None
        pyorpc.suspend_class_objects()
        assert door.CreateInstance(X, IProbe) is None
        pyorpc.resume_class_objects()
        pyorpc.revoke_class_object(cookie)
        assert door.GetClassObject(X, IClassFactory) is None


def test_a_stopping_process_answers_with_a_null_pointer_too() -> None:
    with Runtime() as runtime, runtime.enter_apartment(STA):
        pyorpc.register_class_object(ProbeBoth, ProbeBoth)
        pyorpc.add_ref_server_process()
        assert pyorpc.release_server_process() == 0
        assert through_the_door(runtime).CreateInstance(X, IProbe) is None


def test_an_error_of_the_class_is_an_error() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, MTA) as a, runtime.enter_apartment(STA):
        a.run(pyorpc.register_class_object, ProbeFailing, ProbeFailing)
        with pytest.raises(ComError, match="no table") as failed:
            through_the_door(runtime).CreateInstance(record_of(ProbeFailing).clsid, IProbe)
        assert failed.value.hresult == HRESULT.CO_E_INITIALIZATIONFAILED
        # The failed activation is over: it does not keep the process from stopping.
        assert runtime.activation.table.stop()


def test_a_constructor_may_let_the_process_live_while_the_last_object_goes() -> None:
    in_constructor, released = threading.Event(), threading.Event()

    @pyorpc.coclass("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1e01")
    class Slow(ProbeBoth):
        def __init__(self) -> None:
            super().__init__()
            in_constructor.set()
            assert released.wait(5)
            pyorpc.add_ref_server_process()

    clsid = record_of(Slow).clsid
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, MTA) as b,
    ):
        a.run(pyorpc.register_class_object, Slow, Slow, LOCAL, REGCLS.MULTIPLEUSE)
        b.run(pyorpc.add_ref_server_process)
        creating = b.begin(lambda: through_the_door(runtime).CreateInstance(clsid, IProbe))
        assert in_constructor.wait(5)
        with runtime.enter_apartment(MTA):
            assert pyorpc.release_server_process() == 1  # the activation under way
        released.set()
        assert creating.join() is not None
        assert runtime.activation.table.available() == [clsid]
