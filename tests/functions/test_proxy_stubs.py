"""register_ps_clsid, get_ps_clsid."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Guid
from tests.support.probe import in_apartment
from tests.support.probe_idl import IProbe

NULL: Any = None


def test_null_and_what_is_no_id_are_refused() -> None:
    some = Guid.new()
    with in_apartment(COINIT.MULTITHREADED):
        for use, hresult in (
            (lambda: pyorpc.register_ps_clsid(NULL, some), HRESULT.E_INVALIDARG),
            (lambda: pyorpc.register_ps_clsid(some, NULL), HRESULT.E_INVALIDARG),
            (lambda: pyorpc.register_ps_clsid(some, "{no clsid}"), HRESULT.CO_E_CLASSSTRING),
            (lambda: pyorpc.get_ps_clsid(NULL), HRESULT.E_INVALIDARG),
            (lambda: pyorpc.get_ps_clsid(some), HRESULT.REGDB_E_IIDNOTREG),
        ):
            with pytest.raises(ComError) as refused:
                use()
            assert refused.value.hresult == hresult


def test_the_interface_may_be_named_by_its_class_and_the_factory_by_text() -> None:
    clsid = Guid.new()
    with in_apartment(COINIT.APARTMENTTHREADED):
        pyorpc.register_ps_clsid(IProbe, str(clsid))
        assert pyorpc.get_ps_clsid(IProbe.IID) == clsid
