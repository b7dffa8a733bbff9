"""Packing: a call's pointers, or its results, become packets one by one; all of them or none.

Generated code packs; the call, or the reply, takes the packets over. What is packed meanwhile is
noted in the thread's state. Runs on that thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.ids import Guid
from pyorpc.remoting.link import references_in
from pyorpc.unknown import IUnknown
from pyorpc.wire.objref import ObjRef

if TYPE_CHECKING:
    from pyorpc.remoting.marshaler import Marshaler


def pack(
    marshaler: Marshaler,
    obj: IUnknown | None,
    iface: type[IUnknown] | Guid,
    *,
    receiver: str | None,
) -> ObjRef | None:
    """A packet for `obj`, for that process, or for this one (None).

    If it raises, those that were packed before it are released.
    """
    if obj is None:
        return None
    state = thread_state()
    # Away while users' code may run, which makes calls of its own.
    packed, state.packing = state.packing or [], None
    is_remote = receiver is not None
    try:
        ref = marshaler.marshal(obj, iface, is_remote=is_remote, receiver=receiver or "")
    except BaseException:
        state.packing = packed
        give_up(marshaler, state)
        raise
    if ref is not None:
        packed.append((ref, receiver or ""))
    state.packing = packed
    return ref


def hand_over(marshaler: Marshaler, state: ThreadState, args: object) -> None:
    """A call takes over `args`; what else was packed belonged to one that was never made."""
    packed, state.packing = state.packing, None
    sent = {id(ref) for ref in references_in(args)}
    for ref, receiver in packed or ():
        if id(ref) not in sent:
            marshaler.release_packet(ref, receiver)


def give_up(marshaler: Marshaler, state: ThreadState) -> None:
    """Nothing of what was packed will be sent."""
    hand_over(marshaler, state, None)
