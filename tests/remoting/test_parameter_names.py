from __future__ import annotations

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from pyorpc.remoting.parameter_names import name_parameter
from tests.support.probe import ProbeThread, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class _Owner:
    def One(self, first: object) -> None: ...

    def Two(self, first: object, second: object) -> None: ...

    @property
    def Name(self) -> str:
        return ""

    @Name.setter
    def Name(self, newVal: str) -> None: ...


def test_a_refused_argument_is_called_by_its_name() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        call = pyorpc.create_call(probe, AsyncIProbe)
        for use in (lambda: probe.Add(1, 2**31), lambda: call.Begin_Add(1, 2**31)):
            with pytest.raises(ComError) as refused:
                use()
            assert refused.value.description == "IProbe.Add: b: expected `int` <= 2147483647"


def test_the_place_inside_a_parameter_is_kept() -> None:
    error = ComError(
        HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, "IFoo.Bar: Expected `str` - at `$[1].quotes[3]` (x)"
    )
    name_parameter(error, _Owner(), "Two")
    assert error.description == "IFoo.Bar: second.quotes[3]: expected `str`"


@pytest.mark.parametrize("text", ["IFoo.Bar: nothing placed", "IFoo.Bar: odd - at `$[7]`"])
def test_what_names_no_parameter_stays_as_it_is(text: str) -> None:
    error = ComError(HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, text)
    name_parameter(error, _Owner(), "One")
    assert error.description == text


def test_a_property_is_put_by_its_setter() -> None:
    error = ComError(HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, "IFoo.put_Name: Odd - at `$[0]`")
    name_parameter(error, _Owner(), "put_Name")
    assert error.description == "IFoo.put_Name: newVal: odd"


def test_other_errors_are_left_alone() -> None:
    error = ComError(HRESULT.E_FAIL, "IFoo.Bar: x - at `$[0]`")
    name_parameter(error, _Owner(), "One")
    assert error.description == "IFoo.Bar: x - at `$[0]`"
