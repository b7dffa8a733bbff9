"""What cannot be meant is refused with an HRESULT and a text; nothing raises a TypeError."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, MSHCTX, MSHLFLAGS, ComError, Event, Guid, Semaphore
from pyorpc.arguments import (
    member_of,
    refuse_no_bytes,
    refuse_no_function,
    refuse_no_number,
    refuse_no_object,
    refuse_no_timeout,
    refuse_null,
)
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe

NOBODYS = "7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e9999"
# They change what later calls see, or have their own tests of every misuse.
LEFT_OUT = {
    "coclass",
    "configure",
    "enter_apartment",
    "initialize",
    "post_quit",
    "pump_messages",
    "uninitialize",
}
FUNCTIONS = sorted(
    name
    for name in pyorpc.__all__
    if inspect.isfunction(getattr(pyorpc, name)) and name not in LEFT_OUT
)


class Foreign:
    """Has nothing to do with interfaces."""


def strange_values() -> list[Any]:
    text = [None, "", "x", NOBODYS, b"", b"x" * 100]
    numbers = [0, -1, 1, 2**40, 3.5, float("nan"), True]
    containers: list[Any] = [[], (), {}, [None], [1]]
    classes = [int, Exception, Foreign, IProbe, pyorpc.IUnknown]
    return [*text, *numbers, *containers, *classes, object(), Foreign(), Guid(NOBODYS), Probe()]


def sound_arguments(proxy: IProbe, packet: bytes) -> dict[str, Any]:
    """For each parameter's name something that it may be."""
    return {
        **dict.fromkeys(("obj", "factory", "a", "b"), Probe()),
        **dict.fromkeys(("clsid", "extension_guid"), NOBODYS),
        **dict.fromkeys(("iface", "iid"), IProbe),
        "proxy": proxy,
        "data": packet,
        "async_iface": AsyncIProbe,
        "fn": lambda: None,
        "handles": [Event(initial=True)],
        "ifaces": [IProbe],
        "thread_id": threading.get_ident(),
        "timeout_ms": 0,
        "clsctx": CLSCTX.INPROC_SERVER,
        "policies": (),
        **dict.fromkeys(("cookie", "seconds", "lock"), 1),
        **dict.fromkeys(("dest", "flags", "reserved", "hresult"), 0),
    }


def calls_of(name: str, sound: dict[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """One strange value in each parameter's place."""
    parameters = inspect.signature(getattr(pyorpc, name)).parameters.values()
    named = [each for each in parameters if each.kind is not each.VAR_POSITIONAL]
    arguments = {
        each.name: sound.get(each.name, None if each.default is each.empty else each.default)
        for each in named
    }
    for parameter in named:
        for value in strange_values():
            yield parameter.name, value, {**arguments, parameter.name: value}


def what_it_raises(function: Callable[..., Any], arguments: dict[str, Any]) -> Exception | None:
    try:
        made = function(**arguments)
        if function is pyorpc.deadline:
            with made:
                pass
    except Exception as error:
        return error
    return None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_public_function_raises_anything_but_a_com_error(name: str) -> None:
    function: Callable[..., Any] = getattr(pyorpc, name)
    with in_apartment(COINIT.APARTMENTTHREADED) as runtime, ProbeThread(runtime, COINIT(0)) as far:
        proxy = pyorpc.unmarshal_interface(far.packet, IProbe)
        packet = pyorpc.marshal_interface(Probe(), IProbe, MSHCTX.INPROC, MSHLFLAGS.TABLESTRONG)
        for parameter, value, arguments in calls_of(name, sound_arguments(proxy, packet)):
            raised = what_it_raises(function, arguments)
            assert raised is None or (isinstance(raised, ComError) and raised.description), (
                f"{name}({parameter}={value!r:.60}) raises {raised!r}"
            )
        for mine in (pyorpc.register_message_filter, pyorpc.switch_call_context):
            mine(None)
        with suppress(ComError):
            pyorpc.unregister_inproc_class(NOBODYS)


def refusal_of(function: Callable[..., Any], *args: Any) -> str:
    with pytest.raises(ComError) as refused:
        function(*args)
    assert refused.value.hresult == HRESULT.E_INVALIDARG
    return refused.value.description


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (refuse_null, 0, None),
        (refuse_no_object, Probe(), Foreign()),
        (refuse_no_function, print, "print"),
        (refuse_no_bytes, bytearray(b"x"), "x"),
        (refuse_no_number, 1, "1"),
    ],
)
def test_each_check_names_the_parameter(
    check: Callable[[Any, str], None], good: Any, bad: Any
) -> None:
    check(good, "thing")
    assert refusal_of(check, bad, "thing").startswith("thing: ")


def test_a_plain_number_is_a_member_of_its_enumeration_or_is_refused() -> None:
    assert member_of(MSHCTX, 3, "dest") is MSHCTX.INPROC
    assert "17 is no MSHCTX" in refusal_of(member_of, MSHCTX, 17, "dest")


def test_a_time_is_in_milliseconds_as_com_counts_them() -> None:
    refuse_no_timeout(0)
    refuse_no_timeout(pyorpc.INFINITE)
    for bad in (-1, 2**32, 0.5, None):
        assert refusal_of(refuse_no_timeout, bad).startswith("timeout_ms: ")


def test_methods_of_the_systems_objects_check_their_arguments_too() -> None:
    with in_apartment(COINIT.APARTMENTTHREADED):
        event = pyorpc.create_instance(pyorpc.CLSID_ManualResetEvent, pyorpc.ISynchronize)
        container: Any = pyorpc.create_instance(
            pyorpc.CLSID_SynchronizeContainer, pyorpc.ISynchronizeContainer
        )
        context: Any = pyorpc.create_context()
        table: Any = pyorpc.global_interface_table()
        container.AddSynchronize(event)
        misuses: list[tuple[Any, ...]] = [
            (event.Wait, 0, -1),
            (event.Wait, 0, None),
            (event.Wait, "x", 0),
            (container.AddSynchronize, 3),
            (container.WaitMultiple, None, 0),
            (container.WaitMultiple, 0, -5),
            (context.run, None),
            (context.ContextCallback, None),
            (context.ContextCallback, print, None, None, 5, "reserved"),
            (context.run, pyorpc.disconnect_context, "soon"),
            (table.RegisterInterfaceInGlobal, 3, IProbe),
            (table.GetInterfaceFromGlobal, [], IProbe),
            (table.RevokeInterfaceFromGlobal, []),
            (Semaphore, "x"),
            (Semaphore().release, "x"),
        ]
        for function, *args in misuses:
            assert refusal_of(function, *args)


def test_what_a_context_callback_returns_is_an_hresult() -> None:
    with in_apartment(COINIT.APARTMENTTHREADED):
        context: Any = pyorpc.create_context()

        def give_back(value: object) -> object:
            return value

        for value, expected in ((None, 0), (1, 1), (pyorpc.Success(1), 1), (-1, 0xFFFFFFFF)):
            assert context.ContextCallback(give_back, value) == expected
        with pytest.raises(ComError, match="which is no HRESULT") as refused:
            context.ContextCallback(give_back, "x")
        assert refused.value.hresult == HRESULT.E_UNEXPECTED
