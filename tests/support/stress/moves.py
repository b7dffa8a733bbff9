"""Moves: what each verb of a schedule does. Each runs on its actor's thread, in its apartment.

A move for which there is nothing at hand does nothing. What a call may end with, the actor knows.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, Final

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, MSHCTX, MSHLFLAGS, REGCLS, ComError
from pyorpc.remoting.proxy import InterfaceProxy
from tests.support.probe_idl import AsyncIProbe, IProbe, IProbeMore
from tests.support.stress.actor import Actor, Begun, Held, Own
from tests.support.stress.ledger import RETURNED
from tests.support.stress.schedule import FREE, Action, Verb, host_rank_of
from tests.support.stress.servant import (
    FreeServant,
    NeutralServant,
    Servant,
    ServiceServant,
    StaServant,
)

_KINDS: Final = (MSHLFLAGS.NORMAL, MSHLFLAGS.NORMAL, MSHLFLAGS.TABLESTRONG, MSHLFLAGS.TABLEWEAK)
_MOST_OWN: Final = 12


def create(actor: Actor, action: Action) -> None:
    """An object here, in a private context, in the neutral apartment, in the MTA or a host STA."""
    makers = (_plain, _plain, _in_context, _neutral, _free, _hosted)
    makers[action.number % len(makers)](actor)
    del actor.own[:-_MOST_OWN]


def _plain(actor: Actor) -> None:
    actor.own.append(Own(Servant(), None))


def _in_context(actor: Actor) -> None:
    context = pyorpc.create_context()
    servant = Servant()
    packet = context.run(pyorpc.marshal_interface, servant, IProbe, MSHCTX.CROSSCTX)
    actor.own.append(Own(servant, context))
    actor.held.append(Held(pyorpc.unmarshal_interface(packet, IProbe), actor.rank))


def _neutral(actor: Actor) -> None:
    actor.held.append(Held(pyorpc.create_instance(NeutralServant, IProbe), FREE))


def _free(actor: Actor) -> None:
    actor.held.append(Held(pyorpc.create_instance(FreeServant, IProbe), FREE))


def _hosted(actor: Actor) -> None:
    if actor.coinit & COINIT.APARTMENTTHREADED:
        _plain(actor)
        return
    made = pyorpc.create_instance(StaServant, IProbe)
    actor.held.append(Held(made, host_rank_of(actor.worker.slot)))


# ---- packets --------------------------------------------------------------------------------


def offer(actor: Actor, action: Action) -> None:
    """Marshal an object or a pointer, and hand the packet to some process."""
    at_hand = actor.pointers()
    if not at_hand:
        return
    chosen = at_hand[action.first % len(at_hand)]
    flags = _KINDS[action.number % len(_KINDS)]
    packet = pyorpc.marshal_interface(chosen.pointer, IProbe, MSHCTX.LOCAL, flags)
    is_table = flags != MSHLFLAGS.NORMAL
    if is_table:
        actor.tables.append(packet)
    actor.worker.offer(action.second, packet, chosen.rank, is_table=is_table)


def take(actor: Actor, action: Action) -> None:
    """The pointer in a packet that was handed to this process."""
    found = actor.worker.taken()
    if found is None:
        return
    try:
        pointer = pyorpc.unmarshal_interface(found.packet, IProbe)
    except ComError as error:
        if not found.is_table and actor.worker.is_calm:
            raise AssertionError(f"a fresh packet could not be unmarshaled: {error!r}") from error
        raise
    finally:
        actor.worker.took(found)
    actor.held.append(Held(pointer, found.rank))


def withdraw(actor: Actor, action: Action) -> None:
    if actor.tables:
        pyorpc.release_marshal_data(actor.tables.pop(action.first % len(actor.tables)))


# ---- calls ----------------------------------------------------------------------------------


def echo(actor: Actor, action: Action) -> None:
    if callee := actor.callee(action.first):
        actor.echo(callee.pointer)


def echo_in_context(actor: Actor, action: Action) -> None:
    """A pointer goes into a private context, is called and released there."""
    callee = actor.callee(action.first)
    if callee is None:
        return
    packet = pyorpc.marshal_interface(callee.pointer, IProbe, MSHCTX.INPROC)

    def inside() -> None:
        pointer = pyorpc.unmarshal_interface(packet, IProbe)
        try:
            actor.echo(pointer)
        finally:
            pyorpc.release(pointer)

    pyorpc.create_context().run(inside)


def ask_more(actor: Actor, action: Action) -> None:
    if callee := actor.callee(action.first):
        assert set(callee.pointer.QueryInterface(IProbeMore).Log().split("\n")) <= {"", "cancelled"}


def call_back(actor: Actor, action: Action) -> None:
    callee = actor.callee(action.first)
    if callee and (other := actor.other(action.second, callee)):
        assert callee.pointer.CallBack(other.pointer) == 3


def descend(actor: Actor, action: Action) -> None:
    callee = actor.callee(action.first)
    if callee is None:
        return
    mine = Servant()
    depth = action.number % 6
    assert callee.pointer.Descend(mine, depth) == depth + 1


def raise_(actor: Actor, action: Action) -> None:
    if callee := _far(actor, action):
        callee.pointer.Raise("as it was told")


def fail(actor: Actor, action: Action) -> None:
    if callee := actor.callee(action.first):
        callee.pointer.Fail(HRESULT.E_FAIL - (1 << 32), "as it was told")


def _far(actor: Actor, action: Action) -> Held | None:
    """A callee that is no object of this very apartment: what that raises is nobody's business."""
    callee = actor.callee(action.first)
    return callee if callee and isinstance(callee.pointer, InterfaceProxy) else None


def make(actor: Actor, action: Action) -> None:
    if callee := actor.callee(action.first):
        _keep(actor, callee.pointer.Make(), callee.rank)


def same(actor: Actor, action: Action) -> None:
    """A pointer there and back."""
    callee = _far(actor, action)
    at_hand = actor.pointers()
    if callee and at_hand:
        chosen = at_hand[action.second % len(at_hand)]
        back = callee.pointer.Same(chosen.pointer)
        assert back is not None
        assert pyorpc.is_same_object(back, chosen.pointer), f"{back!r} is not {chosen.pointer!r}"
        _keep(actor, back, chosen.rank)


def many(actor: Actor, action: Action) -> None:
    callee = actor.callee(action.first)
    if callee is None:
        return
    others = [actor.other(action.second + i, callee) for i in range(action.number % 4)]
    pointers = [other.pointer for other in others if other is not None]
    assert callee.pointer.Many(len(pointers), pointers) == len(pointers)


def hold(actor: Actor, action: Action) -> None:
    callee = _far(actor, action)  # an own object would keep the very pointer, not one of its own
    if callee and (other := actor.beyond(action.second, callee)):
        callee.pointer.Hold(other.pointer)


def call_held(actor: Actor, action: Action) -> None:
    # What it holds may be in any STA beyond the callee's own: so not from one, through the MTA.
    callee = actor.callee(action.first)
    if callee and (actor.rank == FREE or callee.rank != FREE):
        assert callee.pointer.CallHeld(20, action.number) == 20 + action.number


def let_go(actor: Actor, action: Action) -> None:
    if callee := actor.callee(action.first):
        callee.pointer.LetGo()


def poll(actor: Actor, action: Action) -> None:
    if callee := _far(actor, action):
        callee.pointer.UntilCancelled((action.number % 20) / 1000)


def cancel(actor: Actor, action: Action) -> None:
    """Cancel what another actor of this process waits for."""
    others = [other for other in actor.worker.actors if other is not actor]
    victim = others[action.first % len(others)]
    pyorpc.cancel_call(victim.thread.ident, (0, 0, 0.01)[action.number % 3])


def _keep(actor: Actor, pointer: IProbe | None, rank: int) -> None:
    if pointer is not None and isinstance(pointer, InterfaceProxy):
        actor.held.append(Held(pointer, rank))


# ---- begun calls ----------------------------------------------------------------------------


def begin(actor: Actor, action: Action) -> None:
    callee = _far(actor, action)
    if callee is None:
        return
    call = pyorpc.create_call(callee.pointer, AsyncIProbe)
    token = actor.token()
    actor.begun.append(Begun(call, "", token, callee.rank))
    name = ("Echo", "Echo", "Make", "Descend")[action.number % 4]
    if name == "Descend" and actor.rank != FREE:
        name = "Make"  # what is called back must wait, or have no thread of its own to be held up
    arguments: dict[str, tuple[Any, ...]] = {
        "Echo": (token,),
        "Make": (),
        "Descend": (Servant(), 3),
    }
    try:
        getattr(call, f"Begin_{name}")(*arguments[name])
    except ComError as error:
        actor.begun.pop()
        actor.worker.ledger.told(token, error.executed)
        raise
    actor.begun[-1] = Begun(call, name, token, callee.rank)


def finish(actor: Actor, action: Action) -> None:
    if actor.begun:
        finish_one(actor, actor.begun.pop(action.first % len(actor.begun)))


def finish_one(actor: Actor, begun: Begun) -> None:
    """Take the results of a begun call, and keep the pointer in them."""
    try:
        result = getattr(begun.call, f"Finish_{begun.finish}")()
    except ComError as error:
        is_echo = begun.finish == "Echo"
        actor.worker.ledger.told(begun.token, error.executed if is_echo else "failed")
        raise
    if begun.finish == "Echo":
        assert result == begun.token
        actor.worker.ledger.told(begun.token, RETURNED)
        return
    actor.worker.ledger.told(begun.token, "finished")
    if begun.finish == "Make":
        _keep(actor, result, begun.rank)
    else:
        assert result == 4


def abandon(actor: Actor, action: Action) -> None:
    if actor.begun:
        begun = actor.begun.pop(action.first % len(actor.begun))
        actor.worker.ledger.told(begun.token, "abandoned")


# ---- letting go -----------------------------------------------------------------------------


def release(actor: Actor, action: Action) -> None:
    if actor.held:
        pyorpc.release(actor.held.pop(action.first % len(actor.held)).pointer)


def forget(actor: Actor, action: Action) -> None:
    if actor.held:
        actor.held.pop(action.first % len(actor.held))


def drop(actor: Actor, action: Action) -> None:
    if actor.own:
        actor.own.pop(action.first % len(actor.own))


def lock(actor: Actor, action: Action) -> None:
    if actor.own:
        servant = actor.own[action.first % len(actor.own)].servant
        pyorpc.lock_object_external(servant, lock=True)
        actor.locked.append(servant)


def unlock(actor: Actor, action: Action) -> None:
    if actor.locked:
        servant = actor.locked.pop(action.first % len(actor.locked))
        is_last = bool(action.number % 2)
        pyorpc.lock_object_external(servant, lock=False, last_unlock_releases=is_last)


def collect(actor: Actor, action: Action) -> None:
    gc.collect()


def disconnect_object(actor: Actor, action: Action) -> None:
    if actor.own:
        pyorpc.disconnect_object(actor.own[action.first % len(actor.own)].servant)


def disconnect_context(actor: Actor, action: Action) -> None:
    """A service is loaded into a private context, used, and unloaded with it."""
    context = pyorpc.create_context()

    def register() -> int:
        return pyorpc.register_class_object(
            ServiceServant, ServiceServant, CLSCTX.LOCAL_SERVER, REGCLS.MULTIPLEUSE
        )

    with actor.worker.one_service:
        cookie = context.run(register)
        try:
            made = pyorpc.create_instance(ServiceServant, IProbe, CLSCTX.LOCAL_SERVER)
        finally:
            context.run(pyorpc.revoke_class_object, cookie)
    actor.held.append(Held(made, actor.rank))
    offer(actor, action)
    actor.echo(made)
    context.run(pyorpc.disconnect_context, 20_000)


MOVES: Final[dict[Verb, Callable[[Actor, Action], None]]] = {
    Verb.CREATE: create,
    Verb.OFFER: offer,
    Verb.TAKE: take,
    Verb.ECHO: echo,
    Verb.ECHO_IN_CONTEXT: echo_in_context,
    Verb.ASK_MORE: ask_more,
    Verb.CALL_BACK: call_back,
    Verb.DESCEND: descend,
    Verb.BEGIN: begin,
    Verb.FINISH: finish,
    Verb.ABANDON: abandon,
    Verb.RAISE: raise_,
    Verb.FAIL: fail,
    Verb.MAKE: make,
    Verb.SAME: same,
    Verb.MANY: many,
    Verb.HOLD: hold,
    Verb.CALL_HELD: call_held,
    Verb.LET_GO: let_go,
    Verb.POLL: poll,
    Verb.CANCEL: cancel,
    Verb.RELEASE: release,
    Verb.FORGET: forget,
    Verb.DROP: drop,
    Verb.LOCK: lock,
    Verb.UNLOCK: unlock,
    Verb.WITHDRAW: withdraw,
    Verb.COLLECT: collect,
    Verb.DISCONNECT_OBJECT: disconnect_object,
    Verb.DISCONNECT_CONTEXT: disconnect_context,
}
