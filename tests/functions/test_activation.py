"""The public functions of activation: their checks and what they return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, REGCLS, IClassFactory, IUnknown
from pyorpc.remoting.proxy import InterfaceProxy
from tests.support.failures import failure_of
from tests.support.probe import Probe, in_apartment
from tests.support.probe_classes import ProbeBoth, ProbeFree
from tests.support.probe_idl import INobody, IProbe, IProbeMore

STA = COINIT.APARTMENTTHREADED
CLSID = "5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1f01"
NULL: Any = None


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (pyorpc.create_instance, (ProbeBoth, IProbe)),
        (pyorpc.create_instance_ex, (ProbeBoth, [IProbe])),
        (pyorpc.get_class_object, (ProbeBoth,)),
        (pyorpc.register_class_object, (CLSID, ProbeBoth)),
        (pyorpc.revoke_class_object, (1,)),
        (pyorpc.resume_class_objects, ()),
        (pyorpc.suspend_class_objects, ()),
        (pyorpc.add_ref_server_process, ()),
        (pyorpc.release_server_process, ()),
    ],
)
def test_a_thread_outside_com_is_refused(function: Callable[..., Any], args: Any) -> None:
    assert failure_of(function, *args) == HRESULT.CO_E_NOTINITIALIZED


@pytest.mark.parametrize(
    ("args", "named", "expected"),
    [
        ((ProbeBoth, NULL), {}, HRESULT.E_INVALIDARG),
        ((ProbeBoth, int), {}, HRESULT.E_INVALIDARG),
        ((NULL, IProbe), {}, HRESULT.CO_E_CLASSSTRING),
        (("{no}", IProbe), {}, HRESULT.CO_E_CLASSSTRING),
        ((Probe, IProbe), {}, HRESULT.E_INVALIDARG),
        ((ProbeBoth, IProbe, 0), {}, HRESULT.E_INVALIDARG),
        ((ProbeBoth, IProbe), {"timeout_s": -1}, HRESULT.E_INVALIDARG),
        ((ProbeBoth, IProbe), {"host": "nowhere"}, HRESULT.E_INVALIDARG),
    ],
)
def test_what_create_instance_refuses(
    args: tuple[Any, ...], named: dict[str, Any], expected: HRESULT
) -> None:
    with in_apartment(STA):
        assert failure_of(pyorpc.create_instance, *args, **named) == expected


def test_an_interface_may_be_given_as_its_iid() -> None:
    with in_apartment(STA):
        made = pyorpc.create_instance(ProbeBoth, IProbe.IID)
        assert isinstance(made, ProbeBoth)
        assert failure_of(pyorpc.create_instance, ProbeBoth, INobody.IID) == HRESULT.E_NOINTERFACE


@pytest.mark.parametrize("implementation", [ProbeBoth, ProbeFree])
def test_create_instance_ex_gives_each_interface_its_own_result(implementation: type) -> None:
    with in_apartment(STA):
        hresult, results = pyorpc.create_instance_ex(implementation, [IProbe, IProbeMore])
        assert hresult == HRESULT.S_OK
        assert [each for each, _ in results] == [HRESULT.S_OK] * 2
        hresult, results = pyorpc.create_instance_ex(implementation, [INobody, IProbe])
        assert hresult == HRESULT.CO_S_NOTALLINTERFACES
        assert results[0] == (HRESULT.E_NOINTERFACE, None)
        probe = results[1][1]
        assert isinstance(probe, IProbe)
        assert probe.Add(1, 2) == 3
        none = failure_of(pyorpc.create_instance_ex, implementation, [INobody])
        assert none == HRESULT.E_NOINTERFACE
        assert failure_of(pyorpc.create_instance_ex, implementation, []) == HRESULT.E_INVALIDARG


def test_get_class_object_gives_a_class_factory_unless_told_otherwise() -> None:
    with in_apartment(STA):
        factory = pyorpc.get_class_object(ProbeFree)
        assert isinstance(factory, IClassFactory)
        unknown = pyorpc.get_class_object(ProbeFree, CLSCTX.ALL, IUnknown)
        assert isinstance(unknown, InterfaceProxy)
        missing = failure_of(pyorpc.get_class_object, ProbeFree, CLSCTX.ALL, IProbe)
        assert missing == HRESULT.E_NOINTERFACE


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((CLSID, NULL), HRESULT.E_INVALIDARG),
        ((CLSID, 7), HRESULT.E_INVALIDARG),
        ((CLSID, Probe), HRESULT.E_INVALIDARG),
        ((NULL, ProbeBoth), HRESULT.E_INVALIDARG),
        ((CLSID, ProbeBoth, 0), HRESULT.E_INVALIDARG),
        ((CLSID, ProbeBoth, CLSCTX.INPROC_HANDLER), HRESULT.E_INVALIDARG),
        ((CLSID, ProbeBoth, CLSCTX.LOCAL_SERVER, REGCLS.SURROGATE), HRESULT.E_INVALIDARG),
        ((CLSID, ProbeBoth, CLSCTX.LOCAL_SERVER, 0x400), HRESULT.E_INVALIDARG),
    ],
)
def test_what_register_class_object_refuses(args: tuple[Any, ...], expected: HRESULT) -> None:
    with in_apartment(STA):
        assert failure_of(pyorpc.register_class_object, *args) == expected


def test_a_proxy_is_no_class_object_of_this_process() -> None:
    with in_apartment(STA):
        factory = pyorpc.get_class_object(ProbeFree)
        refused = failure_of(pyorpc.register_class_object, CLSID, factory)
        assert refused == HRESULT.E_INVALIDARG


def test_a_cookie_is_good_once() -> None:
    with in_apartment(STA):
        cookie = pyorpc.register_class_object(CLSID, ProbeBoth)
        pyorpc.revoke_class_object(cookie)
        assert failure_of(pyorpc.revoke_class_object, cookie) == HRESULT.E_INVALIDARG
        assert failure_of(pyorpc.revoke_class_object, NULL) == HRESULT.E_INVALIDARG


def test_suspended_classes_come_back_when_they_are_resumed() -> None:
    with in_apartment(STA):
        pyorpc.register_class_object(CLSID, ProbeBoth)
        pyorpc.suspend_class_objects()
        suspended = failure_of(pyorpc.create_instance, CLSID, IProbe)
        assert suspended == HRESULT.REGDB_E_CLASSNOTREG
        pyorpc.resume_class_objects()
        assert pyorpc.create_instance(CLSID, IProbe).Add(2, 2) == 4
