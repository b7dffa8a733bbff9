"""pyorpc: COM's remoting for Python. Share objects between threads and processes safely.

Public names, re-exported; no logic. The README and `docs/` say how to use them.
"""

from __future__ import annotations

import pyorpc.supported_platform  # noqa: F401  # pyright: ignore[reportUnusedImport]  # first
from pyorpc.activation.catalog import Catalog
from pyorpc.activation.coclass import coclass
from pyorpc.activation.system_classes import (
    CLSID_AutoResetEvent,
    CLSID_ManualResetEvent,
    CLSID_SynchronizeContainer,
)
from pyorpc.activation.threading_model import ThreadingModel
from pyorpc.apartment.event import Event
from pyorpc.apartment.message_filter import INTERFACEINFO, IMessageFilter
from pyorpc.apartment.ready_filters import AdmittingFilter, RetryingFilter
from pyorpc.apartment.semaphore import Semaphore
from pyorpc.context.policies import Policy
from pyorpc.enumerations import (
    APTTYPE,
    APTTYPEQUALIFIER,
    CALLTYPE,
    CLSCTX,
    COINIT,
    COWAIT,
    DISPATCH,
    EXTCONN,
    INFINITE,
    MSHCTX,
    MSHLFLAGS,
    PENDINGMSG,
    PENDINGTYPE,
    REGCLS,
    SERVERCALL,
    THDTYPE,
    VT,
)
from pyorpc.errors import (
    HRESULT,
    AccessDeniedError,
    CallCanceledError,
    CallTimeoutError,
    ComError,
    DeadlockError,
    DisconnectedError,
    InvalidArgumentError,
    Success,
)
from pyorpc.functions.activation import (
    add_ref_server_process,
    create_instance,
    create_instance_ex,
    get_class_object,
    register_class_object,
    register_inproc_class,
    release_server_process,
    resume_class_objects,
    revoke_class_object,
    suspend_class_objects,
    unregister_inproc_class,
)
from pyorpc.functions.active_objects import (
    get_active_object,
    register_active_object,
    revoke_active_object,
)
from pyorpc.functions.apartments import (
    apartment_fileno,
    decrement_mta_usage,
    enter_apartment,
    get_apartment_type,
    get_context_token,
    get_current_logical_thread_id,
    increment_mta_usage,
    initialize,
    post_quit,
    post_work,
    pump_messages,
    pump_waiting_messages,
    register_message_filter,
    send_work,
    uninitialize,
)
from pyorpc.functions.call_context import get_call_context, switch_call_context
from pyorpc.functions.calls import (
    cancel_call,
    create_call,
    disable_call_cancellation,
    enable_call_cancellation,
    get_cancel_object,
    register_channel_hook,
    set_cancel_object,
    test_cancel,
)
from pyorpc.functions.configuration import configure, get_settings
from pyorpc.functions.contexts import create_context, disconnect_context, get_object_context
from pyorpc.functions.deadline import deadline
from pyorpc.functions.error_info import get_error_info, set_error_info
from pyorpc.functions.marshaling import (
    agile_reference,
    create_free_threaded_marshaler,
    get_interface_and_release,
    get_standard_marshal,
    global_interface_table,
    marshal_hresult,
    marshal_inter_thread_interface,
    marshal_interface,
    release_marshal_data,
    remote_unknown,
    unmarshal_hresult,
    unmarshal_interface,
)
from pyorpc.functions.objects import (
    disconnect_object,
    is_same_object,
    last_hresult,
    lock_object_external,
    release,
)
from pyorpc.functions.proxy_stubs import get_ps_clsid, register_ps_clsid
from pyorpc.functions.sight import (
    CallInFlight,
    CallState,
    Reference,
    calls_in_flight,
    references,
)
from pyorpc.functions.statistics import Statistics, statistics
from pyorpc.functions.waits import queue_user_apc, wait_for_multiple_handles
from pyorpc.ids import Guid
from pyorpc.interfaces.call_idl import ICallFactory, ICancelMethodCalls, ISynchronize
from pyorpc.interfaces.context_idl import IComThreadingInfo, IObjectContextInfo
from pyorpc.interfaces.error_info_idl import ISupportErrorInfo
from pyorpc.interfaces.external_connection_idl import IExternalConnection
from pyorpc.interfaces.marshal_idl import IStdMarshalInfo
from pyorpc.interfaces.remote_unknown_idl import (
    REMINTERFACEREF,
    REMQIRESULT,
    STDOBJREF,
    IRemUnknown,
)
from pyorpc.interfaces.synchronization_idl import (
    ISynchronizeContainer,
    ISynchronizeEvent,
    ISynchronizeHandle,
)
from pyorpc.interfaces.unknwn_idl import IClassFactory
from pyorpc.remoting.custom_marshal import CLSID_StdMarshal, IMarshal
from pyorpc.remoting.dispatch import IDispatch
from pyorpc.remoting.pipe import Pipe
from pyorpc.remoting.pipe_awaitable import PipeAwaitable
from pyorpc.remoting.proxy_stub_classes import IPSFactoryBuffer
from pyorpc.runtime import Runtime
from pyorpc.services.channel_hook import IChannelHook
from pyorpc.services.client_security import IClientSecurity
from pyorpc.services.context_callback import IContextCallback
from pyorpc.services.free_threaded_marshaler import CLSID_InProcFreeMarshaler
from pyorpc.services.multi_qi import IMultiQI
from pyorpc.services.remote_unknown import IRemUnknown2
from pyorpc.settings import Settings
from pyorpc.unknown import IUnknown
from pyorpc.wire.error_info import ErrorInfo
from pyorpc.wire.safe_array import SafeArray
from pyorpc.wire.variant import Variant

__all__ = [
    "APTTYPE",
    "APTTYPEQUALIFIER",
    "CALLTYPE",
    "CLSCTX",
    "COINIT",
    "COWAIT",
    "DISPATCH",
    "EXTCONN",
    "HRESULT",
    "INFINITE",
    "INTERFACEINFO",
    "MSHCTX",
    "MSHLFLAGS",
    "PENDINGMSG",
    "PENDINGTYPE",
    "REGCLS",
    "REMINTERFACEREF",
    "REMQIRESULT",
    "SERVERCALL",
    "STDOBJREF",
    "THDTYPE",
    "VT",
    "AccessDeniedError",
    "AdmittingFilter",
    "CLSID_AutoResetEvent",
    "CLSID_InProcFreeMarshaler",
    "CLSID_ManualResetEvent",
    "CLSID_StdMarshal",
    "CLSID_SynchronizeContainer",
    "CallCanceledError",
    "CallInFlight",
    "CallState",
    "CallTimeoutError",
    "Catalog",
    "ComError",
    "DeadlockError",
    "DisconnectedError",
    "ErrorInfo",
    "Event",
    "Guid",
    "ICallFactory",
    "ICancelMethodCalls",
    "IChannelHook",
    "IClassFactory",
    "IClientSecurity",
    "IComThreadingInfo",
    "IContextCallback",
    "IDispatch",
    "IExternalConnection",
    "IMarshal",
    "IMessageFilter",
    "IMultiQI",
    "IObjectContextInfo",
    "IPSFactoryBuffer",
    "IRemUnknown",
    "IRemUnknown2",
    "IStdMarshalInfo",
    "ISupportErrorInfo",
    "ISynchronize",
    "ISynchronizeContainer",
    "ISynchronizeEvent",
    "ISynchronizeHandle",
    "IUnknown",
    "InvalidArgumentError",
    "Pipe",
    "PipeAwaitable",
    "Policy",
    "Reference",
    "RetryingFilter",
    "Runtime",
    "SafeArray",
    "Semaphore",
    "Settings",
    "Statistics",
    "Success",
    "ThreadingModel",
    "Variant",
    "add_ref_server_process",
    "agile_reference",
    "apartment_fileno",
    "calls_in_flight",
    "cancel_call",
    "coclass",
    "configure",
    "create_call",
    "create_context",
    "create_free_threaded_marshaler",
    "create_instance",
    "create_instance_ex",
    "deadline",
    "decrement_mta_usage",
    "disable_call_cancellation",
    "disconnect_context",
    "disconnect_object",
    "enable_call_cancellation",
    "enter_apartment",
    "get_active_object",
    "get_apartment_type",
    "get_call_context",
    "get_cancel_object",
    "get_class_object",
    "get_context_token",
    "get_current_logical_thread_id",
    "get_error_info",
    "get_interface_and_release",
    "get_object_context",
    "get_ps_clsid",
    "get_settings",
    "get_standard_marshal",
    "global_interface_table",
    "increment_mta_usage",
    "initialize",
    "is_same_object",
    "last_hresult",
    "lock_object_external",
    "marshal_hresult",
    "marshal_inter_thread_interface",
    "marshal_interface",
    "post_quit",
    "post_work",
    "pump_messages",
    "pump_waiting_messages",
    "queue_user_apc",
    "references",
    "register_active_object",
    "register_channel_hook",
    "register_class_object",
    "register_inproc_class",
    "register_message_filter",
    "register_ps_clsid",
    "release",
    "release_marshal_data",
    "release_server_process",
    "remote_unknown",
    "resume_class_objects",
    "revoke_active_object",
    "revoke_class_object",
    "send_work",
    "set_cancel_object",
    "set_error_info",
    "statistics",
    "suspend_class_objects",
    "switch_call_context",
    "test_cancel",
    "uninitialize",
    "unmarshal_hresult",
    "unmarshal_interface",
    "unregister_inproc_class",
    "wait_for_multiple_handles",
]
