"""ACT: in-process activation and placement."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

import pyorpc
from pyorpc import APTTYPE, CLSCTX, COINIT, HRESULT, ComError, Runtime, ThreadingModel, coclass
from pyorpc.interfaces.unknwn_idl import IClassFactory
from pyorpc.remoting.proxy import InterfaceProxy
from tests.support.apartment_thread import ApartmentThread
from tests.support.probe import Probe, in_apartment
from tests.support.probe_classes import (
    FIVE,
    Overlap,
    ProbeApartment,
    ProbeBoth,
    ProbeFree,
    ProbeNone,
    ProbeSideways,
)
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
MODELS = ("None", "Apartment", "Free", "Both", "Neutral")
Placed = dict[str, tuple[APTTYPE, bool, bool]]


def created() -> Placed:
    """For each model: the apartment where a method runs, on the creator's thread?, raw?"""
    placed: Placed = {}
    for model, implementation in zip(MODELS, FIVE, strict=True):
        made = pyorpc.create_instance(implementation, IProbe)
        _, apartment_type = made.Place()
        is_raw = not isinstance(made, InterfaceProxy)
        is_here = made.ThreadId() == threading.get_ident()
        placed[model] = (APTTYPE(apartment_type), is_here, is_raw)
    return placed


def test_ACT_01_creator_in_the_main_sta() -> None:
    with in_apartment(STA):
        assert created() == {
            "None": (APTTYPE.MAINSTA, True, True),
            "Apartment": (APTTYPE.MAINSTA, True, True),
            "Free": (APTTYPE.MTA, False, False),
            "Both": (APTTYPE.MAINSTA, True, True),
            "Neutral": (APTTYPE.NA, True, False),
        }


def test_ACT_02_creator_in_another_sta() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA), ApartmentThread(runtime, STA) as b:
        assert b.run(created) == {
            "None": (APTTYPE.MAINSTA, False, False),
            "Apartment": (APTTYPE.STA, True, True),
            "Free": (APTTYPE.MTA, False, False),
            "Both": (APTTYPE.STA, True, True),
            "Neutral": (APTTYPE.NA, True, False),
        }


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1101", threading_model=ThreadingModel.NEUTRAL)
class NeutralCreator(Probe):
    """Creates the five classes when it is asked to add."""

    def __init__(self) -> None:
        super().__init__()
        self.placed: Placed = {}

    def Add(self, a: int, b: int) -> int:
        found = created()
        assert found == {
            "None": (APTTYPE.MAINSTA, True, False),
            "Apartment": (APTTYPE.MAINSTA, True, False),
            "Free": (APTTYPE.MTA, False, False),
            "Both": (APTTYPE.NA, True, True),
            "Neutral": (APTTYPE.NA, True, True),
        }
        return len(found)


def test_ACT_04_creator_is_a_neutral_object_on_an_sta_thread() -> None:
    with in_apartment(STA):
        assert pyorpc.create_instance(NeutralCreator, IProbe).Add(0, 0) == 5


def test_ACT_06_model_none_with_no_sta_in_the_process() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, MTA) as a,
        ApartmentThread(runtime, MTA) as b,
    ):
        first, second = (thread.run(pyorpc.create_instance, ProbeNone, IProbe) for thread in (a, b))
        threads = {
            each.run(made.ThreadId) for each in (a, b) for made in (first, second) for _ in range(3)
        }
        assert len(threads) == 1
        assert not threads & {a.ident, b.ident}
        _, apartment_type = a.run(first.Place)
        assert apartment_type == APTTYPE.MAINSTA


OVERLAP = Overlap()


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1102", threading_model=ThreadingModel.NONE)
class Recording(Probe):
    """Notes how many are inside at once."""

    def Sleep(self, seconds: float) -> None:
        with OVERLAP:
            time.sleep(seconds)


def test_ACT_07_two_model_none_objects_share_a_thread() -> None:
    def create_and_call() -> int:
        made = pyorpc.create_instance(Recording, IProbe)
        for _ in range(5):
            made.Sleep(0.01)
        return made.ThreadId()

    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as main,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        tasks = [a.begin(create_and_call), b.begin(create_and_call)]
        assert [task.join() for task in tasks] == [main.ident, main.ident]
    assert OVERLAP.most == 1


@pytest.mark.xfail(reason="IMultiQI and IClientSecurity are not there yet", strict=True)
def test_ACT_09_a_proxy_can_be_told_from_a_raw_object() -> None:
    interfaces: list[Any] = [vars(pyorpc)["IMultiQI"], vars(pyorpc)["IClientSecurity"]]
    with in_apartment(MTA):
        raw = pyorpc.create_instance(ProbeBoth, IProbe)
        proxy = pyorpc.create_instance(ProbeApartment, IProbe)
        for iface in interfaces:
            assert proxy.QueryInterface(iface) is not None
            with pytest.raises(ComError) as refused:
                raw.QueryInterface(iface)
            assert refused.value.hresult == HRESULT.E_NOINTERFACE


@pytest.mark.parametrize(
    "clsctx",
    [
        CLSCTX.INPROC_SERVER,
        CLSCTX.INPROC_HANDLER,
        CLSCTX.LOCAL_SERVER,
        CLSCTX.REMOTE_SERVER,
        CLSCTX.ALL,
    ],
)
def test_ACT_10_unknown_class(clsctx: CLSCTX) -> None:
    with in_apartment(STA), pytest.raises(ComError) as refused:
        pyorpc.create_instance("11111111-2222-3333-4444-555555555555", IProbe, clsctx)
    assert refused.value.hresult == HRESULT.REGDB_E_CLASSNOTREG


def test_ACT_12_bad_model_and_bad_aggregation() -> None:
    with in_apartment(STA):
        with pytest.raises(ComError) as bad_model:
            pyorpc.create_instance(ProbeSideways, IProbe)
        assert bad_model.value.hresult == HRESULT.REGDB_E_BADTHREADINGMODEL
        factory = pyorpc.get_class_object(ProbeFree, CLSCTX.INPROC_SERVER, IClassFactory)
        assert isinstance(factory, InterfaceProxy)
        with pytest.raises(ComError) as aggregated:
            factory.CreateInstance(Probe(), IProbe)
        assert aggregated.value.hresult == HRESULT.CLASS_E_NOAGGREGATION
