"""The public names and signatures that users of pyorpc, and checks from outside, rely on."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final

import pytest

import pyorpc
from pyorpc import COINIT

# What is promised and not there yet. Whoever builds one takes its line out.
NOT_THERE_YET: Final = {
    "Synchronization",
    "get_mts_object_context",
}

ANY: Final = object()  # a default that is not promised


# What each callable takes; more parameters, with defaults, may follow.
SIGNATURES: Final[dict[str, str]] = {
    # Runtime and settings
    "configure": "**settings",
    "get_settings": "",
    # Apartments
    "apartment_fileno": "",
    "deadline": "seconds",
    "enter_apartment": "coinit=COINIT.MULTITHREADED",
    "Event": "manual_reset=False, initial=False",
    "get_apartment_type": "",
    "get_context_token": "",
    "get_current_logical_thread_id": "",
    "initialize": "coinit=COINIT.MULTITHREADED",
    "post_quit": "code=0, thread_id=None",
    "post_work": "thread_id, fn, *args",
    "pump_messages": "",
    "pump_waiting_messages": "",
    "register_message_filter": "filter",
    "Semaphore": "initial=0, maximum=ANY",
    "send_work": "thread_id, fn, *args",
    "uninitialize": "",
    "wait_for_multiple_handles": "handles, timeout_ms=INFINITE, flags=ANY",
    # Objects, classes, activation
    "add_ref_server_process": "",
    "coclass": "clsid, progid=None, threading_model=ThreadingModel.APARTMENT",
    "create_instance": "clsid, iface, clsctx=CLSCTX.ALL, *, host=None, timeout_s=None",
    "create_instance_ex": "clsid, ifaces, clsctx=ANY, *, host=None, timeout_s=None",
    "get_active_object": "clsid, iface, *, host=None",
    "get_class_object": "clsid, clsctx=CLSCTX.ALL, iface=IClassFactory, "
    "*, host=None, timeout_s=None",
    "is_same_object": "a, b",
    "last_hresult": "",
    "references": "obj",
    "register_active_object": "obj, clsid",
    "register_class_object": "clsid, factory, clsctx=CLSCTX.LOCAL_SERVER, flags=REGCLS.MULTIPLEUSE",
    "register_inproc_class": "cls",
    "release": "proxy",
    "release_server_process": "",
    "resume_class_objects": "",
    "revoke_active_object": "cookie",
    "revoke_class_object": "cookie",
    "statistics": "",
    "suspend_class_objects": "",
    "unregister_inproc_class": "clsid",
    # Marshaling
    "agile_reference": "obj, iface",
    "disconnect_object": "obj",
    "get_interface_and_release": "stream, iface",
    "get_standard_marshal": "iface, obj, dest, flags",
    "global_interface_table": "",
    "lock_object_external": "obj, lock, last_unlock_releases=False",
    "marshal_inter_thread_interface": "obj, iface",
    "marshal_interface": "obj, iface, dest=MSHCTX.LOCAL, flags=MSHLFLAGS.NORMAL",
    "release_marshal_data": "data",
    "remote_unknown": "proxy",
    "unmarshal_interface": "data, iface",
    # Contexts
    "create_context": "",
    "disconnect_context": "timeout_ms=INFINITE",
    "get_mts_object_context": "",
    "get_object_context": "iface=IContextCallback",
    # Calls
    "cancel_call": "thread_id=0, timeout_s=ANY",
    "create_call": "proxy, async_iface",
    "disable_call_cancellation": "",
    "enable_call_cancellation": "",
    "get_call_context": "iface=ANY",
    "get_cancel_object": "thread_id=0",
    "get_error_info": "",
    "queue_user_apc": "thread_id, fn, *args",
    "set_error_info": "info",
    "switch_call_context": "new",
    "set_cancel_object": "obj",
    "test_cancel": "",
}

# Names without a signature of their own, and the members that are promised.
MEMBERS: Final[dict[str, str]] = {
    "APTTYPE": "CURRENT STA MTA NA MAINSTA",
    "APTTYPEQUALIFIER": "NONE IMPLICIT_MTA NA_ON_MTA NA_ON_STA NA_ON_IMPLICIT_MTA NA_ON_MAINSTA",
    "AccessDeniedError": "hresult",
    "CLSCTX": "INPROC_SERVER INPROC_HANDLER LOCAL_SERVER REMOTE_SERVER ALL",
    "CLSID_AutoResetEvent": "",
    "CLSID_ManualResetEvent": "",
    "CLSID_StdMarshal": "",
    "CLSID_SynchronizeContainer": "",
    "COINIT": "APARTMENTTHREADED MULTITHREADED",
    "COWAIT": "DEFAULT WAITALL ALERTABLE",
    "CallCanceledError": "",
    "CallTimeoutError": "",
    "Catalog": "register_local_server unregister classes",
    "ComError": "hresult description executed outcome remote_traceback",
    "DISPATCH": "METHOD",
    "DeadlockError": "cycle",
    "DisconnectedError": "",
    "ErrorInfo": "",
    "Guid": "",
    "HRESULT": "S_OK S_FALSE E_FAIL E_INVALIDARG",
    "ICallFactory": "CreateCall",
    "ICancelMethodCalls": "Cancel TestCancel",
    "IClassFactory": "CreateInstance LockServer",
    "IComThreadingInfo": "GetCurrentApartmentType GetCurrentThreadType",
    "IContextCallback": "ContextCallback run",
    "IDispatch": "GetIDsOfNames Invoke",
    "IExternalConnection": "AddConnection ReleaseConnection",
    "IMarshal": "GetUnmarshalClass MarshalInterface UnmarshalInterface ReleaseMarshalData "
    "DisconnectObject",
    "IMessageFilter": "HandleInComingCall RetryRejectedCall MessagePending",
    "IMultiQI": "",
    "INFINITE": "",
    "IObjectContextInfo": "GetContextId GetActivityId IsInTransaction",
    "IRemUnknown": "RemQueryInterface RemAddRef RemRelease",
    "IStdMarshalInfo": "GetClassForHandler",
    "ISupportErrorInfo": "InterfaceSupportsErrorInfo",
    "ISynchronize": "Wait Signal Reset",
    "ISynchronizeContainer": "AddSynchronize WaitMultiple",
    "ISynchronizeHandle": "GetHandle",
    "IUnknown": "QueryInterface",
    "InvalidArgumentError": "",
    "MSHCTX": "LOCAL INPROC CROSSCTX",
    "MSHLFLAGS": "NORMAL TABLESTRONG TABLEWEAK NOPING",
    "PENDINGMSG": "CANCELCALL WAITNOPROCESS WAITDEFPROCESS",
    "REGCLS": "SINGLEUSE MULTIPLEUSE MULTI_SEPARATE SUSPENDED",
    "REMINTERFACEREF": "",
    "REMQIRESULT": "",
    "Runtime": "enter_apartment",
    "SERVERCALL": "ISHANDLED REJECTED RETRYLATER",
    "STDOBJREF": "",
    "Success": "",
    "Synchronization": "REQUIRED",
    "THDTYPE": "BLOCKMESSAGES PROCESSMESSAGES",
    "ThreadingModel": "NONE APARTMENT FREE BOTH NEUTRAL",
    "get_ps_clsid": "",
    "register_ps_clsid": "",
}


def signature_of(parameters: str) -> inspect.Signature:
    names = {**vars(pyorpc), "ANY": ANY}
    function: Callable[..., object] = eval(f"lambda {parameters}: None", names)
    return inspect.signature(function)


def promised() -> set[str]:
    return {*SIGNATURES, *MEMBERS}


def test_what_is_not_there_yet_is_known() -> None:
    missing = {name for name in promised() if name not in pyorpc.__all__}
    assert missing == NOT_THERE_YET


@pytest.mark.parametrize("name", sorted(SIGNATURES.keys() - NOT_THERE_YET))
def test_a_function_takes_what_is_promised(name: str) -> None:
    found = list(inspect.signature(getattr(pyorpc, name)).parameters.values())
    wanted = list(signature_of(SIGNATURES[name]).parameters.values())
    for parameter, promise in zip(found, wanted, strict=False):
        assert (parameter.name, parameter.kind) == (promise.name, promise.kind)
        if promise.default not in (ANY, promise.empty):  # a comfort more is welcome
            assert parameter.default == promise.default, parameter.name
    assert len(found) >= len(wanted)
    for extra in found[len(wanted) :]:
        optional = extra.default is not extra.empty
        assert optional or extra.kind in (extra.VAR_POSITIONAL, extra.VAR_KEYWORD), extra


@pytest.mark.parametrize("name", sorted(MEMBERS.keys() - NOT_THERE_YET))
def test_a_class_has_the_members_that_are_promised(name: str) -> None:
    found: Any = getattr(pyorpc, name)
    made: Any = found
    if name.endswith("Error"):
        made = found(0)
    missing = [member for member in MEMBERS[name].split() if not hasattr(made, member)]
    assert not missing


def test_the_table_of_cookies_and_contexts_have_their_methods() -> None:
    with pyorpc.Runtime() as runtime, runtime.enter_apartment(COINIT.APARTMENTTHREADED):
        table: Any = pyorpc.global_interface_table()
        for method, wanted in (
            ("RegisterInterfaceInGlobal", ["obj", "iface"]),
            ("GetInterfaceFromGlobal", ["cookie", "iface"]),
            ("RevokeInterfaceFromGlobal", ["cookie"]),
        ):
            assert list(inspect.signature(getattr(table, method)).parameters) == wanted
        assert pyorpc.release(table) == 1
        context = pyorpc.create_context()
        entry = inspect.signature(context.ContextCallback).parameters
        assert list(entry) == ["fn", "data", "iid", "method", "reserved"]
        assert [p.default for p in entry.values()][1] is None
        assert (entry["method"].default, entry["reserved"].default) == (5, None)


def test_errors_are_the_builtin_ones_too() -> None:
    for error, builtin in (
        (pyorpc.DisconnectedError, ConnectionError),
        (pyorpc.CallTimeoutError, TimeoutError),
        (pyorpc.DeadlockError, pyorpc.CallTimeoutError),
        (pyorpc.AccessDeniedError, PermissionError),
        (pyorpc.InvalidArgumentError, ValueError),
        (pyorpc.CallCanceledError, pyorpc.ComError),
    ):
        assert issubclass(error, builtin)
        assert issubclass(error, pyorpc.ComError)
