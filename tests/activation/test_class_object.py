from __future__ import annotations

import pytest

from pyorpc import COINIT, HRESULT, ComError, Runtime
from pyorpc.activation.class_factory import ClassFactory
from pyorpc.activation.class_object import pointer_to, publish, withdraw
from pyorpc.activation.class_table import Registration
from pyorpc.context.thread_state import thread_state
from pyorpc.enumerations import CLSCTX, REGCLS
from pyorpc.ids import Clsid, Guid
from pyorpc.interfaces.unknwn_idl import IClassFactory
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.unknown import IUnknown
from tests.support.apartment_thread import ApartmentThread
from tests.support.probe_classes import ProbeBoth

X = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1b01"))
STA = COINIT.APARTMENTTHREADED


def registered_here(factory: IUnknown) -> Registration:
    context = thread_state().context
    assert context is not None
    return Registration(X, factory, context, CLSCTX.LOCAL_SERVER, REGCLS.MULTIPLEUSE)


def test_the_registering_context_has_the_class_object_itself_and_others_a_proxy() -> None:
    factory = ClassFactory(ProbeBoth)
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        registration = a.run(registered_here, factory)

        def pointer() -> IClassFactory:
            return pointer_to(registration, IClassFactory, runtime.marshaler, thread_state())

        a.run(lambda: publish(registration, runtime.exporter, thread_state()))
        assert a.run(pointer) is factory
        assert isinstance(b.run(pointer), InterfaceProxy)


def test_a_published_class_object_is_exported_until_it_is_withdrawn() -> None:
    factory = ClassFactory(ProbeBoth)
    with Runtime() as runtime, runtime.enter_apartment(STA):
        registration = registered_here(factory)
        publish(registration, runtime.exporter, thread_state())
        manager = runtime.exporter.manager_of(factory)
        assert manager is not None
        assert manager.is_wanted
        assert manager.goes_with_context
        withdraw(registration, runtime.exporter)
        assert runtime.exporter.manager_of(factory) is None
        withdraw(registration, runtime.exporter)


def test_what_is_no_class_object_is_published_and_refuses_its_callers() -> None:
    plain = IUnknown()
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        registration = a.run(registered_here, plain)
        a.run(lambda: publish(registration, runtime.exporter, thread_state()))
        with pytest.raises(ComError) as failed:
            b.run(
                lambda: pointer_to(registration, IClassFactory, runtime.marshaler, thread_state())
            )
        assert failed.value.hresult == HRESULT.E_NOINTERFACE


def test_a_class_object_moves_to_the_apartment_that_registers_it_anew() -> None:
    factory = ClassFactory(ProbeBoth)
    with Runtime() as runtime:
        for _ in range(2):
            with runtime.enter_apartment(STA):
                registration = registered_here(factory)
                publish(registration, runtime.exporter, thread_state())
                withdraw(registration, runtime.exporter)
