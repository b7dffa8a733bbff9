"""ACT: in-process activation and placement."""

from __future__ import annotations

import threading
import time
from typing import Any, ClassVar

import pytest

import pyorpc
from pyorpc import APTTYPE, CLSCTX, COINIT, HRESULT, ComError, Runtime, ThreadingModel, coclass
from pyorpc.interfaces.unknwn_idl import IClassFactory
from pyorpc.remoting.proxy import InterfaceProxy
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.probe import Probe, alive, in_apartment
from tests.support.probe_classes import (
    FIVE,
    Overlap,
    ProbeApartment,
    ProbeBoth,
    ProbeFree,
    ProbeNone,
    ProbeSideways,
)
from tests.support.probe_idl import INobody, IProbe
from tests.support.waiting import wait_until

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


def test_ACT_03_creator_in_the_mta() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA), ApartmentThread(runtime, MTA) as a:
        assert a.run(created) == {
            "None": (APTTYPE.MAINSTA, False, False),
            "Apartment": (APTTYPE.STA, False, False),
            "Free": (APTTYPE.MTA, True, True),
            "Both": (APTTYPE.MTA, True, True),
            "Neutral": (APTTYPE.NA, True, False),
        }


def test_ACT_03_creators_share_the_host_sta() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as main,
        ApartmentThread(runtime, MTA) as a,
        ApartmentThread(runtime, MTA) as b,
    ):
        made = [each.run(pyorpc.create_instance, ProbeApartment, IProbe) for each in (a, b)]
        (host,) = {a.run(each.ThreadId) for each in made}
        assert host not in (main.ident, a.ident, b.ident)


def create_in_the_implicit_mta(test: Parent) -> None:
    """In a child process: what a thread gets that never entered an apartment."""
    placed: list[Placed] = []
    with pyorpc.enter_apartment(MTA):
        creator = threading.Thread(target=lambda: placed.append(created()))
        creator.start()
        creator.join()
    test.send({model: [int(where), is_raw] for model, (where, _, is_raw) in placed[0].items()})


def test_a_creator_that_is_in_the_mta_implicitly_creates_as_one_in_it(spawn: Spawn) -> None:
    child = spawn(create_in_the_implicit_mta)
    assert child.receive() == {
        "None": [APTTYPE.MAINSTA, False],
        "Apartment": [APTTYPE.STA, False],
        "Free": [APTTYPE.MTA, True],
        "Both": [APTTYPE.MTA, True],
        "Neutral": [APTTYPE.NA, False],
    }
    assert child.join() == 0


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1101", threading_model=ThreadingModel.NEUTRAL)
class NeutralCreator(Probe):
    """Creates the five classes when it is asked to add."""

    placed: ClassVar[Placed] = {}

    def Add(self, a: int, b: int) -> int:
        self.placed.update(created())
        return len(self.placed)


def test_ACT_04_creator_is_a_neutral_object_on_an_sta_thread() -> None:
    with in_apartment(STA):
        assert pyorpc.create_instance(NeutralCreator, IProbe).Add(0, 0) == 5
    assert NeutralCreator.placed == {
        "None": (APTTYPE.MAINSTA, True, False),
        "Apartment": (APTTYPE.MAINSTA, True, False),
        "Free": (APTTYPE.MTA, False, False),
        "Both": (APTTYPE.NA, True, True),
        "Neutral": (APTTYPE.NA, True, True),
    }


def test_ACT_04_in_another_sta() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA), ApartmentThread(runtime, STA) as b:
        b.run(lambda: pyorpc.create_instance(NeutralCreator, IProbe).Add(0, 0))
    assert NeutralCreator.placed == {
        "None": (APTTYPE.MAINSTA, False, False),
        "Apartment": (APTTYPE.STA, True, False),
        "Free": (APTTYPE.MTA, False, False),
        "Both": (APTTYPE.NA, True, True),
        "Neutral": (APTTYPE.NA, True, True),
    }


def test_ACT_05_creator_is_a_neutral_object_on_an_mta_thread() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA), ApartmentThread(runtime, MTA) as a:
        a.run(lambda: pyorpc.create_instance(NeutralCreator, IProbe).Add(0, 0))
    assert NeutralCreator.placed == {
        "None": (APTTYPE.MAINSTA, False, False),
        "Apartment": (APTTYPE.STA, False, False),
        "Free": (APTTYPE.MTA, False, False),
        "Both": (APTTYPE.NA, True, True),
        "Neutral": (APTTYPE.NA, True, True),
    }


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


def test_a_free_class_needs_no_mta_that_is_there() -> None:
    with in_apartment(STA):
        made = pyorpc.create_instance(ProbeFree, IProbe)
        assert made.Place()[1] == APTTYPE.MTA
        assert isinstance(made, InterfaceProxy)
        assert len({made.ThreadId() for _ in range(5)} & {threading.get_ident()}) == 0


@pytest.mark.parametrize("implementation", FIVE)
@pytest.mark.parametrize("creator", [STA, MTA])
def test_a_class_object_makes_objects_where_its_class_belongs(
    implementation: type, creator: COINIT
) -> None:
    with in_apartment(creator):
        factory: Any = pyorpc.get_class_object(implementation, CLSCTX.INPROC_SERVER)
        direct = pyorpc.create_instance(implementation, IProbe)
        made = factory.CreateInstance(None, IProbe)
        assert made.Place()[1] == direct.Place()[1]
        assert isinstance(made, InterfaceProxy) == isinstance(direct, InterfaceProxy)
        assert isinstance(factory, InterfaceProxy) == isinstance(direct, InterfaceProxy)


def test_ACT_09_a_proxy_can_be_told_from_a_raw_object() -> None:
    with in_apartment(MTA):
        raw = pyorpc.create_instance(ProbeBoth, IProbe)
        proxy = pyorpc.create_instance(ProbeApartment, IProbe)
        for iface in (pyorpc.IMultiQI, pyorpc.IClientSecurity):
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


@pytest.mark.parametrize("implementation", FIVE)
@pytest.mark.parametrize("creator", [STA, MTA])
def test_ACT_11_some_of_several_interfaces(implementation: type, creator: COINIT) -> None:
    with in_apartment(creator):
        before = alive()
        hresult, results = pyorpc.create_instance_ex(
            implementation, [IProbe, INobody, pyorpc.IUnknown], CLSCTX.INPROC_SERVER
        )
        assert hresult == HRESULT.CO_S_NOTALLINTERFACES
        assert [each for each, _ in results] == [
            HRESULT.S_OK,
            HRESULT.E_NOINTERFACE,
            HRESULT.S_OK,
        ]
        (_, probe), (_, nobody), (_, unknown) = results
        assert nobody is None
        assert probe is not None
        assert unknown is not None
        assert pyorpc.is_same_object(probe, unknown)
        with pytest.raises(ComError) as none:
            pyorpc.create_instance_ex(implementation, [INobody], CLSCTX.INPROC_SERVER)
        assert none.value.hresult == HRESULT.E_NOINTERFACE
        del results, probe, unknown, none
        wait_until(lambda: alive() == before, "what was made for nothing is gone")


def test_an_unknown_class_with_several_interfaces() -> None:
    with in_apartment(MTA), pytest.raises(ComError) as refused:
        pyorpc.create_instance_ex("11111111-2222-3333-4444-555555555555", [IProbe, INobody])
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
