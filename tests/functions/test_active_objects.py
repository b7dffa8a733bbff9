"""The public functions of the running object table: what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from tests.support.probe import Probe, in_apartment
from tests.support.probe_classes import ProbeBoth
from tests.support.probe_idl import IProbe

CLSID = "5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1f01"
NULL: Any = None


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (pyorpc.register_active_object, (Probe(), CLSID)),
        (pyorpc.revoke_active_object, (1,)),
        (pyorpc.get_active_object, (CLSID, IProbe)),
    ],
)
def test_a_thread_outside_com_is_refused(function: Callable[..., Any], args: Any) -> None:
    with pytest.raises(ComError) as failed:
        function(*args)
    assert failed.value.hresult == HRESULT.CO_E_NOTINITIALIZED


@pytest.mark.parametrize(
    ("function", "args", "named", "expected"),
    [
        (pyorpc.register_active_object, (NULL, CLSID), {}, HRESULT.E_INVALIDARG),
        (pyorpc.register_active_object, (object(), CLSID), {}, HRESULT.E_INVALIDARG),
        (pyorpc.register_active_object, (ProbeBoth, CLSID), {}, HRESULT.E_INVALIDARG),
        (pyorpc.register_active_object, (Probe(), NULL), {}, HRESULT.E_INVALIDARG),
        (pyorpc.register_active_object, (Probe(), "{no}"), {}, HRESULT.CO_E_CLASSSTRING),
        (pyorpc.revoke_active_object, (0,), {}, HRESULT.E_INVALIDARG),
        (pyorpc.revoke_active_object, (NULL,), {}, HRESULT.E_INVALIDARG),
        (pyorpc.get_active_object, (NULL, IProbe), {}, HRESULT.E_INVALIDARG),
        (pyorpc.get_active_object, (CLSID, NULL), {}, HRESULT.E_INVALIDARG),
        (pyorpc.get_active_object, (CLSID, IProbe), {}, HRESULT.MK_E_UNAVAILABLE),
        (pyorpc.get_active_object, (CLSID, IProbe), {"host": "x"}, HRESULT.E_INVALIDARG),
    ],
)
def test_what_cannot_be_taken(
    function: Callable[..., Any], args: Any, named: dict[str, Any], expected: HRESULT
) -> None:
    with in_apartment(COINIT.MULTITHREADED), pytest.raises(ComError) as failed:
        function(*args, **named)
    assert failed.value.hresult == expected


def test_nothing_is_not_there_and_nothing_has_run() -> None:
    with in_apartment(COINIT.MULTITHREADED), pytest.raises(ComError, match=CLSID) as failed:
        pyorpc.get_active_object(f"{{{CLSID.upper()}}}", IProbe)
    assert failed.value.executed == "no"
