"""Members by name and by id, and the ways to use a property."""

from __future__ import annotations

from typing import Any

import pytest

from pyorpc.enumerations import DISPATCH, VT
from pyorpc.errors import HRESULT, ComError, Success
from pyorpc.remoting.dispatch_arguments import Argument
from pyorpc.remoting.dispatch_table import DispatchTable, Member
from pyorpc.unknown import IUnknown

GET, PUT = DISPATCH.PROPERTYGET, DISPATCH.PROPERTYPUT
BASE = DispatchTable("IBase", (Member(9, "Old", DISPATCH.METHOD),))
TABLE = DispatchTable(
    "IThing",
    (
        Member(1, "Format", DISPATCH.METHOD, (Argument("text"), Argument("rest", is_rest=True))),
        Member(2, "Name", GET, is_property=True),
        Member(2, "Name", PUT, (Argument("value", VT.BSTR),), is_property=True),
        Member(3, "Item", GET, (Argument("at", VT.I4),), python_name="get_Item"),
        Member(4, "Locale", DISPATCH.METHOD, (Argument("lcid", VT.UI4, is_lcid=True),)),
        Member(5, "Pair", DISPATCH.METHOD),
        Member(6, "Fine", DISPATCH.METHOD),
    ),
    BASE,
)


class Thing(IUnknown):
    Name = "thing"

    def Old(self) -> str:
        return "old"

    def Format(self, text: str, *rest: Any) -> str:
        return text.format(*rest)

    def get_Item(self, at: int) -> int:
        return at * 2

    def Locale(self, lcid: int) -> int:
        return lcid

    def Pair(self) -> tuple[int, int]:
        return 1, 2

    def Fine(self) -> Any:
        return Success(HRESULT.S_FALSE, 5)


def invoke(dispid: int, *args: Any, flags: int = DISPATCH.METHOD, **named: Any) -> Any:
    return TABLE.invoke(Thing(), dispid, args, named, flags, 7)


def test_members_of_the_base_are_there() -> None:
    assert TABLE.ids_of(["old"]) == [9]
    assert invoke(9) == "old"
    assert TABLE.ids_of([]) == []


def test_a_property_has_the_parameters_of_its_widest_way() -> None:
    assert TABLE.ids_of(["NAME", "value"]) == [2, 0]


def test_the_last_parameter_takes_the_rest() -> None:
    assert invoke(1, "{} {}", 1, "a") == "1 a"
    assert invoke(1, "{}", 1) == "1"
    assert invoke(1, text="none") == "none"


def test_the_runtime_gives_the_locale() -> None:
    assert invoke(4) == 7
    with pytest.raises(ComError) as refused:
        invoke(4, 1)
    assert refused.value.hresult == HRESULT.DISP_E_BADPARAMCOUNT


def test_properties_are_attributes() -> None:
    thing = Thing()
    TABLE.invoke(thing, 2, ("other",), {}, PUT, 0)
    assert TABLE.invoke(thing, 2, (), {}, GET, 0) == thing.Name == "other"
    assert invoke(3, "4", flags=GET) == 8


def test_several_results_are_a_list_and_a_success_code_is_left_out() -> None:
    assert invoke(5) == [1, 2]
    assert invoke(6) == 5


@pytest.mark.parametrize(("dispid", "flags"), [(7, DISPATCH.METHOD), (9, GET), (3, PUT)])
def test_what_cannot_be_used_so_is_not_found(dispid: int, flags: int) -> None:
    with pytest.raises(ComError, match="IThing has") as refused:
        invoke(dispid, flags=flags)
    assert refused.value.hresult == HRESULT.DISP_E_MEMBERNOTFOUND


def test_a_wrong_count_says_what_is_needed() -> None:
    with pytest.raises(ComError, match=r"Item\(at\) needs 1 arguments or more; it was given 2"):
        invoke(3, 1, 2, flags=GET)
