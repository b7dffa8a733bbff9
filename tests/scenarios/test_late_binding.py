"""Late-bound calls: names to ids, Invoke, properties; of objects here and elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, DISPATCH, HRESULT, VT, ComError, IDispatch, Variant
from pyorpc.wire.variant import OMITTED
from tests.conftest import Spawn
from tests.midl.good.dispatch_idl import Color, IBetterCounter, ICounter, INamed
from tests.support.counter import Counter, serve_counter
from tests.support.kinds import STOP
from tests.support.probe import in_apartment

GET, PUT, PUTREF = DISPATCH.PROPERTYGET, DISPATCH.PROPERTYPUT, DISPATCH.PROPERTYPUTREF


@pytest.fixture(params=["here", "in another process"])
def counter(request: pytest.FixtureRequest, spawn: Spawn) -> Iterator[IBetterCounter]:
    if request.param == "here":
        yield Counter()
        return
    server = spawn(serve_counter)
    with in_apartment(COINIT.MULTITHREADED):
        yield pyorpc.unmarshal_interface(server.receive(), IBetterCounter)
    server.send(STOP)
    assert server.join() == 0


def refusal(function: Any, *args: Any, **options: Any) -> ComError:
    with pytest.raises(ComError) as failed:
        function(*args, **options)
    return failed.value


def test_members_are_found_by_name(counter: IBetterCounter) -> None:
    late = counter.QueryInterface(IDispatch)
    assert late.GetTypeInfoCount() == 0
    assert late.GetIDsOfNames(["add"]) == [1]
    assert late.GetIDsOfNames(["Add", "B", "a"]) == [1, 1, 0]
    assert late.GetIDsOfNames(["Reset"]) == [20]
    assert late.GetIDsOfNames(["Item", "value"]) == [3, 1]
    for names, ids in ((["Subtract"], [-1]), (["Add", "c", "a"], [1, -1, 0])):
        error = refusal(late.GetIDsOfNames, names)
        assert (error.hresult, error.outs) == (HRESULT.DISP_E_UNKNOWNNAME, (ids,))


def test_methods_are_called_by_id(counter: IBetterCounter) -> None:
    late = counter.QueryInterface(IDispatch)
    assert late.Invoke(1, (2, 3)) == 5
    assert late.Invoke(1, (2,)) == 8
    assert late.Invoke(1, (2,), named={"b": 0}) == 10
    assert late.Invoke(1, named={1: 5, "A": -5}) == 10
    assert late.Invoke(1, ("2", 1.0), flags=DISPATCH.METHOD | GET) == 13
    assert late.Invoke(1, (Variant(VT.BYREF | VT.I2, 1), OMITTED)) == 15
    assert late.Invoke(20) is None
    assert counter.Value == 0


def test_properties_are_got_and_put(counter: IBetterCounter) -> None:
    counter.Value = 5
    assert counter.Value == 5
    late = counter.QueryInterface(IDispatch)
    assert late.Invoke(0, flags=GET) == 5
    late.Invoke(0, (6,), flags=PUT)
    late.Invoke(0, named={-3: 7}, flags=PUT)
    assert counter.Value == 7
    late.Invoke(3, ("key", [1, None]), flags=PUT)
    assert late.Invoke(3, ("key",), flags=GET) == [1, None]
    assert counter.get_Item("key") == [1, None]
    late.Invoke(4, ("secret",), flags=PUTREF)  # there is no other way to put it
    assert counter.Shade == Color.GREEN
    assert late.Invoke(late.GetIDsOfNames(["shade"])[0], flags=GET) == 4


def test_pointers_are_put_by_value_and_by_reference(counter: IBetterCounter) -> None:
    mine = Counter()
    counter.Owner = mine
    assert counter.Owner is mine
    late = counter.QueryInterface(IDispatch)
    late.Invoke(5, (None,), flags=PUTREF)
    assert late.Invoke(5, flags=GET) is None
    late.Invoke(5, (mine,), flags=PUT)
    assert late.Invoke(5, flags=GET) is mine
    assert late.Invoke(8, (mine, "note"), lcid=1031) == [counter.Value, "'note' 1031"]
    assert late.Invoke(8, (mine,))[1].startswith("Variant(VT.ERROR")


def test_arguments_become_what_the_member_takes(counter: IBetterCounter) -> None:
    late = counter.QueryInterface(IDispatch)
    text = late.Invoke(9, ("1.5", "2026-11-25", 1, Decimal("0.25")))
    assert text == "Decimal('1.5000') 2026 True 0.25"
    again = late.Invoke(9, (2, datetime(2026, 1, 1), "False", True))
    assert again == "Decimal('2.0000') 2026 False -1.0"


@pytest.mark.parametrize(
    ("dispid", "args", "options", "hresult"),
    [
        (99, (), {}, HRESULT.DISP_E_MEMBERNOTFOUND),
        (1, (1,), {"flags": GET}, HRESULT.DISP_E_MEMBERNOTFOUND),
        (4, (), {"flags": GET}, HRESULT.DISP_E_MEMBERNOTFOUND),
        (1, (), {}, HRESULT.DISP_E_BADPARAMCOUNT),
        (1, (1, 2, 3), {}, HRESULT.DISP_E_BADPARAMCOUNT),
        (1, (1,), {"named": {"a": 1}}, HRESULT.DISP_E_BADPARAMCOUNT),
        (0, (), {"flags": PUT}, HRESULT.DISP_E_BADPARAMCOUNT),
        (1, (1,), {"named": {"c": 1}}, HRESULT.DISP_E_PARAMNOTFOUND),
        (1, (1,), {"named": {2: 1}}, HRESULT.DISP_E_PARAMNOTFOUND),
        (1, (OMITTED,), {}, HRESULT.DISP_E_PARAMNOTOPTIONAL),
        (1, ("two",), {}, HRESULT.DISP_E_TYPEMISMATCH),
        (1, ([1],), {}, HRESULT.DISP_E_TYPEMISMATCH),
        (8, (5,), {}, HRESULT.DISP_E_TYPEMISMATCH),
        (1, (2**31,), {}, HRESULT.DISP_E_OVERFLOW),
    ],
)
def test_a_wrong_call_is_refused(
    spawn: Spawn, dispid: int, args: Any, options: Any, hresult: HRESULT
) -> None:
    assert refusal(Counter().Invoke, dispid, args, **options).hresult == hresult


def test_refusals_cross_processes(counter: IBetterCounter) -> None:
    late = counter.QueryInterface(IDispatch)
    assert refusal(late.Invoke, 99).hresult == HRESULT.DISP_E_MEMBERNOTFOUND
    assert refusal(late.Invoke, 1, ("two",)).hresult == HRESULT.DISP_E_TYPEMISMATCH
    assert refusal(late.Invoke, 8, (IDispatch(),)).hresult == HRESULT.DISP_E_TYPEMISMATCH


def test_what_a_member_raises_is_told_in_a_record(counter: IBetterCounter) -> None:
    late = counter.QueryInterface(IDispatch)
    error = refusal(late.Invoke, 7, (HRESULT.E_ABORT - (1 << 32), "no more"))
    assert error.hresult == HRESULT.DISP_E_EXCEPTION
    assert error.excep_info == (HRESULT.E_ABORT, "no more", "IBetterCounter.Fail")
    error = refusal(late.Invoke, 7, (0, "a bug"))
    assert error.excep_info is not None
    assert error.excep_info.scode == HRESULT.RPC_E_SERVERFAULT
    assert error.excep_info.description == "ValueError: a bug"


def test_a_property_needs_no_late_binding(counter: IBetterCounter) -> None:
    named = counter.QueryInterface(INamed)
    named.Name = "other"
    assert named.Name == "other"
    with pytest.raises(AttributeError):
        _ = counter.Password
    if not isinstance(counter, Counter):
        error = refusal(setattr, named, "Name", 5)
        assert error.description.startswith("INamed.put_Name: name: expected `str`")


def test_a_vararg_method_takes_all_further_arguments(counter: IBetterCounter) -> None:
    assert counter.Format("{} {}", 1, None) == "1 None"
    assert counter.Format("nothing") == "nothing"
    late = counter.QueryInterface(IDispatch)
    assert late.Invoke(21, ("{}-{}-{}", 1, "a", [2])) == "1-a-[2]"


def test_a_range_is_checked(spawn: Spawn) -> None:
    server = spawn(serve_counter)
    with in_apartment(COINIT.MULTITHREADED):
        counter = pyorpc.unmarshal_interface(server.receive(), IBetterCounter)
        counter.Step(10, -1)
        for by, sign in ((0, 1), (11, 1), (1, 2)):
            error = refusal(counter.Step, by, sign)
            assert error.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
        assert counter.Value == -10
    server.send(STOP)
    assert server.join() == 0


def test_an_object_may_answer_by_itself() -> None:
    class Own(IDispatch):
        def GetIDsOfNames(self, names: Any, lcid: int = 0) -> list[int]:
            return [len(name) for name in names]

        def Invoke(self, dispid: int, args: Any = (), **options: Any) -> Any:
            return [dispid, *args]

    with in_apartment(COINIT.MULTITHREADED):
        context = pyorpc.create_context()
        packet = context.run(pyorpc.marshal_interface, Own(), IDispatch, pyorpc.MSHCTX.CROSSCTX)
        late = pyorpc.unmarshal_interface(packet, IDispatch)
        assert late.GetIDsOfNames(["four", "a"]) == [4, 1]
        assert late.Invoke(7, ("a", None)) == [7, "a", None]


def test_a_counter_is_a_variant_as_a_dispatch_pointer(counter: IBetterCounter) -> None:
    mine = Counter()
    counter.put_Item("pointer", mine)
    assert counter.get_Item("pointer") is mine
    assert isinstance(mine, ICounter)
