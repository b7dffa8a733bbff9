"""What one does with a pointer besides calling it: compare, release, disconnect."""

from __future__ import annotations

from pyorpc.arguments import refuse_no_object
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, InvalidArgumentError
from pyorpc.functions.apartments import current_runtime
from pyorpc.remoting.custom_marshal import writer_of
from pyorpc.remoting.disconnect import disconnect
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.proxy_face import ProxyFace
from pyorpc.unknown import IUnknown


def is_same_object(a: IUnknown, b: IUnknown) -> bool:
    """COM identity: whether two pointers of this apartment stand for one object.

    Raises E_INVALIDARG for null.
    """
    refuse_no_object(a, "a")
    refuse_no_object(b, "b")
    one, other = _identity(a), _identity(b)
    return one is other or (isinstance(one, InterfaceProxy) and one == other)


def _identity(pointer: IUnknown) -> IUnknown:
    """A proxy is one for comparison; of all else, QueryInterface says which object it is."""
    if isinstance(pointer, ProxyFace):
        return pointer.proxy
    return pointer if isinstance(pointer, InterfaceProxy) else pointer.QueryInterface(IUnknown)


def release(proxy: object) -> int:
    """Give up one pointer; returns how many references this proxy still has. 0: that was the last.

    Any thread; waits until the object's process has taken the reference back. What is no proxy has
    nothing to give up: the global interface table gives 1.
    """
    return proxy.give_up() if isinstance(proxy, InterfaceProxy) else 1


def last_hresult() -> HRESULT:
    """The success code of the calling thread's last call through a proxy."""
    return HRESULT(thread_state().last_hresult)


def disconnect_object(obj: IUnknown) -> HRESULT:
    """Take an object from all its clients: their next calls fail with RPC_E_DISCONNECTED.

    Returns at once; running calls finish. The object can be marshaled afresh. In its apartment.
    Does nothing to an object that aggregates the free-threaded marshaler; one that implements
    IMarshal is told first, by its DisconnectObject.
    """
    refuse_no_object(obj, "obj")
    state = thread_state()
    exporter = current_runtime(state).exporter
    writer = None if isinstance(obj, InterfaceProxy) else writer_of(obj)
    if writer is not None:
        writer.DisconnectObject()
    disconnect(exporter, obj, state)
    return HRESULT.S_OK


def lock_object_external(obj: IUnknown, lock: bool, last_unlock_releases: bool = False) -> HRESULT:
    """Keep an object as if somebody outside held it, or undo one such lock.

    The last unlock lets go of an object that nobody else holds; with `last_unlock_releases` also of
    one that TABLEWEAK packets name. Raises E_INVALIDARG for null and for proxies.
    """
    refuse_no_object(obj, "obj")
    if isinstance(obj, InterfaceProxy):
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"obj: {obj!r} is not at home here")
    packets = current_runtime(thread_state()).hand_packets
    if lock:
        packets.lock(obj)
    else:
        packets.unlock(obj, last_unlock_releases=last_unlock_releases)
    return HRESULT.S_OK
