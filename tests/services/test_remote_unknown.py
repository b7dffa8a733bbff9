"""IRemUnknown by hand: to another process, and to another apartment of this one."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

import pyorpc
from pyorpc import (
    COINIT,
    HRESULT,
    MSHCTX,
    REMINTERFACEREF,
    ComError,
    Guid,
    IRemUnknown,
    IRemUnknown2,
    IUnknown,
    Runtime,
)
from pyorpc.services.remote_unknown import RemoteUnknown
from pyorpc.wire.objref import ObjRef, unpack
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, alive
from tests.support.probe_idl import INobody, IProbe, IProbeMore
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class Scene(NamedTuple):
    """A probe elsewhere; the test's thread holds a proxy and its remote unknown."""

    home: Runtime
    probe: Probe
    proxy: IProbe
    ref: ObjRef
    unknown: RemoteUnknown

    @property
    def ipid(self) -> Guid:
        return self.ref.ipid

    def refs(self) -> int:
        manager = self.home.exporter.manager_of(self.probe)
        return 0 if manager is None else manager.public_refs


@contextmanager
def scene(is_far: bool, caller: COINIT = MTA) -> Generator[Scene]:
    probe = Probe()
    with Runtime() as near, Runtime() as other:
        home = other if is_far else near
        with ApartmentThread(home, STA) as owner, near.enter_apartment(caller):
            dest = MSHCTX.LOCAL if is_far else MSHCTX.INPROC
            packet = owner.run(pyorpc.marshal_interface, probe, IProbe, dest)
            proxy = pyorpc.unmarshal_interface(packet, IProbe)
            unknown = pyorpc.remote_unknown(proxy)
            yield Scene(home, probe, proxy, unpack(packet), unknown)


BOTH = pytest.mark.parametrize("is_far", [True, False], ids=["process", "apartment"])
CALLERS = pytest.mark.parametrize("caller", [STA, MTA], ids=["STA", "MTA"])


def refusal(function: Any, *args: Any) -> HRESULT:
    with pytest.raises(ComError) as refused:
        function(*args)
    return refused.value.hresult


@BOTH
@CALLERS
def test_references_by_hand_are_counted_and_given_back(is_far: bool, caller: COINIT) -> None:
    with scene(is_far, caller) as it:
        before = it.refs()
        wanted = [REMINTERFACEREF(it.ipid, 3, 0), REMINTERFACEREF(it.ipid, 1, 2)]
        assert it.unknown.RemAddRef(2, wanted) == [HRESULT.S_OK, HRESULT.S_OK]
        assert pyorpc.last_hresult() == HRESULT.S_OK
        assert it.refs() == before + 6
        it.unknown.RemRelease(1, [REMINTERFACEREF(it.ipid, 4, 0)])
        assert it.refs() == before + 2
        it.unknown.RemRelease([REMINTERFACEREF(it.ipid, 0, 1)])  # the count is implied
        assert it.refs() == before + 1
        it.unknown.RemRelease([REMINTERFACEREF(it.ipid, 0, 100)])  # private ones: no more than got
        assert it.refs() == before
        assert it.proxy.Add(1, 2) == 3


@BOTH
def test_they_outlive_the_proxy(is_far: bool) -> None:
    with scene(is_far) as it:
        it.unknown.RemAddRef([REMINTERFACEREF(it.ipid, 1, 0)])
        assert pyorpc.release(it.proxy) == 0
        assert it.refs() == 1
        it.unknown.RemRelease([REMINTERFACEREF(it.ipid, 1, 0)])
        assert it.refs() == 0


@BOTH
def test_an_over_release_takes_the_callers_own_and_no_more(is_far: bool) -> None:
    with scene(is_far) as it, Runtime() as third, ApartmentThread(third, MTA) as other:
        extra = pyorpc.marshal_interface(it.proxy, IProbe)
        theirs = other.run(pyorpc.unmarshal_interface, extra, IProbe)
        it.unknown.RemRelease([REMINTERFACEREF(it.ipid, 1000, 0)])
        assert it.refs() >= 1
        assert other.run(theirs.Add, 1, 2) == 3
        it.unknown.RemRelease([REMINTERFACEREF(it.ipid, 1000, 0)])
        assert pyorpc.last_hresult() == HRESULT.S_FALSE  # nothing was held any more
        assert other.run(theirs.Add, 1, 2) == 3
        assert pyorpc.release(it.proxy) == 0
        assert other.run(pyorpc.release, theirs) == 0
        assert it.refs() == 0


@BOTH
def test_an_over_release_by_the_only_holder_ends_the_object(is_far: bool) -> None:
    with scene(is_far) as it:
        it.unknown.RemRelease([REMINTERFACEREF(it.ipid, 1000, 0)])
        assert it.home.exporter.managers() == []
        assert refusal(it.proxy.Add, 1, 2) == HRESULT.RPC_E_DISCONNECTED
        assert it.unknown.RemAddRef([REMINTERFACEREF(it.ipid, 1, 0)]) == [HRESULT.CO_E_OBJNOTREG]
        assert pyorpc.release(it.proxy) == 0


@BOTH
def test_an_unknown_ipid_harms_nobody(is_far: bool) -> None:
    with scene(is_far) as it:
        before = it.refs()
        stranger = Guid.new()
        wanted = [REMINTERFACEREF(stranger, 1, 0), REMINTERFACEREF(it.ipid, 1, 0)]
        assert it.unknown.RemAddRef(wanted) == [HRESULT.CO_E_OBJNOTREG, HRESULT.S_OK]
        assert pyorpc.last_hresult() == HRESULT.S_FALSE
        it.unknown.RemRelease(wanted)
        assert pyorpc.last_hresult() == HRESULT.S_FALSE
        assert it.refs() == before
        second, first = it.unknown.RemQueryInterface2, it.unknown.RemQueryInterface
        assert refusal(second, stranger, [IProbe]) == HRESULT.CO_E_OBJNOTREG
        assert refusal(first, stranger, 1, [IProbe]) == HRESULT.CO_E_OBJNOTREG
        assert it.proxy.Add(1, 2) == 3


@BOTH
@CALLERS
def test_a_query_answers_each_interface(is_far: bool, caller: COINIT) -> None:
    with scene(is_far, caller) as it:
        before = it.refs()
        iids = [IProbeMore.IID, INobody.IID, Guid.new()]
        found, missing, unheard_of = it.unknown.RemQueryInterface(it.ipid, 2, 3, iids)
        assert pyorpc.last_hresult() == HRESULT.S_FALSE
        assert [found.hResult, missing.hResult, unheard_of.hResult] == [
            HRESULT.S_OK,
            HRESULT.E_NOINTERFACE,
            HRESULT.E_NOINTERFACE,
        ]
        assert (found.std.flags, found.std.cPublicRefs) == (0, 2)
        assert (found.std.oxid, found.std.oid) == (it.ref.oxid, it.ref.oid)
        assert found.std.ipid != it.ipid
        assert missing.std.cPublicRefs == 0
        it.unknown.RemRelease([REMINTERFACEREF(found.std.ipid, 2, 0)])
        assert pyorpc.last_hresult() == HRESULT.S_OK
        [same] = it.unknown.RemQueryInterface(it.ipid, 1, [IProbeMore])
        assert pyorpc.last_hresult() == HRESULT.S_OK
        assert same.std.ipid == found.std.ipid
        it.unknown.RemRelease([REMINTERFACEREF(found.std.ipid, 1, 0)])
        assert it.refs() == before


@BOTH
def test_a_query_for_nothing_that_there_is_fails_and_has_its_results(is_far: bool) -> None:
    with scene(is_far) as it:
        with pytest.raises(ComError) as refused:
            it.unknown.RemQueryInterface(it.ipid, 1, 1, [INobody.IID])
        assert refused.value.hresult == HRESULT.E_NOINTERFACE
        [[result]] = refused.value.outs
        assert result.hResult == HRESULT.E_NOINTERFACE


@BOTH
@CALLERS
def test_the_second_query_gives_whole_packets(is_far: bool, caller: COINIT) -> None:
    with scene(is_far, caller) as it:
        before = it.refs()
        second = it.unknown.QueryInterface(IRemUnknown2)
        assert second.QueryInterface(IRemUnknown) is second
        hresults, packets = second.RemQueryInterface2(it.ipid, 3, [IProbeMore, INobody, IUnknown])
        assert hresults == [HRESULT.S_OK, HRESULT.E_NOINTERFACE, HRESULT.S_OK]
        assert pyorpc.last_hresult() == HRESULT.S_FALSE
        more, nothing, root = packets
        assert nothing is None
        assert more is not None
        assert root is not None
        assert it.refs() == before + 10
        pointer = pyorpc.unmarshal_interface(more, IProbeMore)
        assert pointer.Log() == ""
        assert pyorpc.is_same_object(pointer, it.proxy)
        pyorpc.release_marshal_data(root)
        assert pyorpc.release(pointer) == 0
        assert pyorpc.release(it.proxy) == 0
        wait_until(lambda: it.refs() == 0, "all is given back")


@BOTH
def test_nonsense_is_refused_before_anything_is_counted(is_far: bool) -> None:
    with scene(is_far) as it:
        before = it.refs()
        good: Any = REMINTERFACEREF(it.ipid, 1, 0)
        unknown: Any = it.unknown
        bad: list[tuple[Any, ...]] = [
            ([],),
            (2, [good]),
            (None,),
            (1, None),
            ([good, "nonsense"],),
            ([REMINTERFACEREF(it.ipid, 0, 0)],),
            ([REMINTERFACEREF(it.ipid, -1, 2)],),
            ([REMINTERFACEREF(it.ipid, 2**32, 0)],),
        ]
        for args in bad:
            assert refusal(unknown.RemAddRef, *args) == HRESULT.E_INVALIDARG, args
            assert refusal(unknown.RemRelease, *args) == HRESULT.E_INVALIDARG, args
        queries: list[tuple[Any, ...]] = [
            (it.ipid, 0, [IProbe]),
            (it.ipid, -1, [IProbe]),
            (it.ipid, "1", [IProbe]),
            (it.ipid, 1, []),
            (it.ipid, 1, 2, [IProbe]),
            (it.ipid, 1, [None]),
            ("nonsense", 1, [IProbe]),
        ]
        for query in queries:
            assert refusal(unknown.RemQueryInterface, *query) == HRESULT.E_INVALIDARG, query
        assert it.refs() == before


def test_only_proxies_have_one() -> None:
    null: Any = None
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        for other in (null, Probe()):
            assert refusal(pyorpc.remote_unknown, other) == HRESULT.E_INVALIDARG


@BOTH
def test_it_belongs_to_its_context_and_ends_with_its_apartment(is_far: bool) -> None:
    with Runtime() as near, Runtime() as other:
        home = other if is_far else near
        with ApartmentThread(home, MTA) as owner, ApartmentThread(near, STA) as client:
            probe = Probe()
            packet = owner.run(pyorpc.marshal_interface, probe, IProbe)
            ipid = unpack(packet).ipid
            proxy = client.run(pyorpc.unmarshal_interface, packet, IProbe)
            unknown = client.run(pyorpc.remote_unknown, proxy)
            client.run(unknown.RemAddRef, [REMINTERFACEREF(ipid, 1, 0)])
            refused = owner.run(refusal, unknown.RemAddRef, [REMINTERFACEREF(ipid, 1, 0)])
            assert refused == HRESULT.RPC_E_WRONG_THREAD
            assert refusal(unknown.RemAddRef, [REMINTERFACEREF(ipid, 1, 0)]) == (
                HRESULT.CO_E_NOTINITIALIZED
            )
            client.close()
            wait_until(lambda: not home.exporter.managers(), "its apartment gave all back")
            assert refusal(unknown.RemAddRef, [REMINTERFACEREF(ipid, 1, 0)]) == (
                HRESULT.CO_E_OBJNOTCONNECTED
            )


def test_an_object_with_a_query_interface_of_its_own_is_asked_where_it_lives() -> None:
    asked: list[int] = []

    class Choosy(Probe):
        def QueryInterface(self, iface: Any) -> Any:
            asked.append(self.ThreadId())
            return super().QueryInterface(iface)

    with FarRuntime(STA, Choosy()) as far, Runtime() as near, near.enter_apartment(MTA):
        pointer = far.pointer()
        ipid = unpack(pyorpc.marshal_interface(pointer, IProbe)).ipid
        asked.clear()
        pyorpc.remote_unknown(pointer).RemQueryInterface(ipid, 1, [IProbeMore])
        assert set(asked) == {far.thread.ident}


def test_it_works_while_the_objects_apartment_computes() -> None:
    before = alive()
    with FarRuntime(STA) as far, Runtime() as near, near.enter_apartment(MTA):
        pointer = far.pointer()
        unknown = pyorpc.remote_unknown(pointer)
        ipid = unpack(pyorpc.marshal_interface(pointer, IProbe)).ipid
        task = far.thread.begin(far.probe.may_go_on.wait, 10)
        assert unknown.RemAddRef([REMINTERFACEREF(ipid, 1, 0)]) == [HRESULT.S_OK]
        [found] = unknown.RemQueryInterface(ipid, 1, [IProbeMore])
        assert found.hResult == HRESULT.S_OK
        unknown.RemRelease([REMINTERFACEREF(ipid, 1, 0), REMINTERFACEREF(found.std.ipid, 1, 0)])
        far.probe.may_go_on.set()
        assert task.join()
    assert alive() >= before
