"""In-process class objects: who gets them raw, and who a proxy."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import pyorpc
from pyorpc import APTTYPE, CLSCTX, COINIT, HRESULT, ComError, Runtime
from pyorpc.activation.class_factory import ClassFactory
from pyorpc.activation.create import creator_of, make
from pyorpc.activation.placement import Creator
from pyorpc.context.thread_state import thread_state
from pyorpc.interfaces.unknwn_idl import IClassFactory
from pyorpc.remoting.proxy import InterfaceProxy
from tests.support.apartment_thread import ApartmentThread
from tests.support.probe import in_apartment
from tests.support.probe_classes import ProbeAgile, ProbeApartment, ProbeFailing, ProbeFree
from tests.support.probe_idl import INobody, IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
INPROC = CLSCTX.INPROC_SERVER


def creator_here() -> Creator:
    return creator_of(thread_state())


def test_the_creator_is_known_by_its_apartment() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as main,
        ApartmentThread(runtime, STA) as other,
        ApartmentThread(runtime, MTA) as mta,
    ):
        neutral = runtime.default_context(runtime.neutral())

        def visiting() -> Creator:
            with neutral.entered(thread_state()):
                return creator_here()

        assert main.run(creator_here) is Creator.MAIN_STA
        assert other.run(creator_here) is Creator.OTHER_STA
        assert mta.run(creator_here) is Creator.MTA
        assert main.run(visiting) is Creator.NEUTRAL_ON_STA
        assert mta.run(visiting) is Creator.NEUTRAL_ON_MTA


def test_the_class_object_is_where_the_objects_will_be() -> None:
    with in_apartment(STA):
        near = pyorpc.get_class_object(ProbeApartment, INPROC)
        assert isinstance(near, ClassFactory)
        far = pyorpc.get_class_object(ProbeFree, INPROC)
        assert isinstance(far, InterfaceProxy)
        made = far.CreateInstance(None, IProbe)
        assert made is not None
        assert made.Place()[1] == APTTYPE.MTA


def test_apartment_objects_of_the_mta_share_a_host_sta() -> None:
    with in_apartment(MTA):
        first, second = (pyorpc.create_instance(ProbeApartment, IProbe) for _ in range(2))
        assert first.ThreadId() == second.ThreadId() != threading.get_ident()


def test_every_apartment_has_an_agile_object_itself() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, MTA) as b,
    ):
        made = a.run(pyorpc.create_instance, ProbeAgile, IProbe)
        stream = a.run(pyorpc.marshal_inter_thread_interface, made, IProbe)
        assert b.run(pyorpc.get_interface_and_release, stream, IProbe) is made


@pytest.mark.parametrize("implementation", [ProbeApartment, ProbeFree])
def test_a_missing_interface_is_the_same_error_near_and_far(implementation: type) -> None:
    with in_apartment(STA), pytest.raises(ComError) as failed:
        pyorpc.create_instance(implementation, INobody)
    assert failed.value.hresult == HRESULT.E_NOINTERFACE


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_a_failing_constructor_is_the_same_error_near_and_far(coinit: COINIT) -> None:
    with Runtime() as runtime, runtime.enter_apartment(coinit):
        register = pyorpc.register_class_object
        with ApartmentThread(runtime, STA) as other:
            other.run(register, ProbeFailing, ProbeFailing, CLSCTX.LOCAL_SERVER)
            for clsctx in (INPROC, CLSCTX.LOCAL_SERVER):
                with pytest.raises(ComError, match="no table") as failed:
                    pyorpc.create_instance(ProbeFailing, IProbe, clsctx)
                assert failed.value.hresult == HRESULT.CO_E_INITIALIZATIONFAILED


@pytest.mark.parametrize("made", [None, 3])
def test_a_class_object_that_makes_no_object(made: object) -> None:
    class Nothing(IClassFactory):
        def CreateInstance(self, pUnkOuter: object, riid: object) -> Any:
            return made

    with pytest.raises(ComError) as failed:
        make(Nothing(), IProbe)
    assert failed.value.hresult == HRESULT.E_UNEXPECTED


def test_an_object_is_dropped_in_its_own_apartment() -> None:
    died: list[int] = []

    @pyorpc.coclass("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1e02")
    class Mortal(ProbeApartment):
        def __init__(self) -> None:
            super().__init__()
            self.died_on = died.append

    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, MTA) as b,
    ):
        a.run(pyorpc.register_class_object, Mortal, Mortal)
        made = b.run(pyorpc.create_instance, Mortal, IProbe, CLSCTX.LOCAL_SERVER)
        assert b.run(pyorpc.release, made) == 0
        assert died == [a.ident]
