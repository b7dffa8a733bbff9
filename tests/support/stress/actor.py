"""Actor: a thread in an apartment that tries one action after the other and keeps what it has."""

from __future__ import annotations

import threading
import traceback
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, DisconnectedError
from tests.support.apartment_thread import ApartmentThread, Task
from tests.support.probe_idl import IProbe
from tests.support.stress.ledger import BEGUN, RETURNED
from tests.support.stress.schedule import FREE, Action, Verb, actions, may_call
from tests.support.stress.servant import Servant

if TYPE_CHECKING:
    from tests.support.stress.worker import Worker

# Between two actions: others live on this machine, too.
PAUSE_S: Final = 0.004
STUCK_S: Final = 25.0
MOST_HELD: Final = 40
# What any call may end with in a calm run: somebody cancelled it, or a nested one.
_ALWAYS: Final = frozenset({HRESULT.RPC_E_CALL_CANCELED})
_FOR_VERB: Final = {
    Verb.RAISE: {HRESULT.RPC_E_SERVERFAULT},
    Verb.FAIL: {HRESULT.E_FAIL},
    Verb.CALL_HELD: {HRESULT.E_POINTER},
    Verb.CANCEL: {HRESULT.E_NOINTERFACE},  # that thread waits for nothing
    # The owner of a weak packet's object has dropped it; a packet was withdrawn before it was used.
    Verb.WITHDRAW: {HRESULT.CO_E_OBJNOTCONNECTED},
    Verb.TAKE: {HRESULT.CO_E_OBJNOTCONNECTED, HRESULT.CO_E_OBJNOTREG},
}


class Held(NamedTuple):
    """A pointer, and the rank of the apartment that its object lives in."""

    pointer: IProbe
    rank: int


class Own(NamedTuple):
    """An object of this apartment, and the private context that it lives in."""

    servant: Servant
    context: Any


class Offer(NamedTuple):
    """A packet that was handed to this process."""

    number: int
    packet: bytes
    rank: int
    is_table: bool


class Begun(NamedTuple):
    """A call that was begun: its call object, what finishes it, and its line in the ledger."""

    call: Any
    finish: str
    token: str
    rank: int


class Actor:
    """`feed` runs on a thread of its own and has the actor's thread act."""

    def __init__(self, worker: Worker, number: int, coinit: COINIT, rank: int) -> None:
        self.worker = worker
        self.number = number
        self.rank = rank
        self.coinit = coinit
        self.tried: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self._tokens = 0
        self._born()

    def _born(self) -> None:
        self.held: list[Held] = []
        self.own: list[Own] = []
        self.begun: list[Begun] = []
        self.locked: list[Servant] = []
        self.tables: list[bytes] = []
        self.thread = ApartmentThread(self.worker.runtime, self.coinit)
        self.thread.run(pyorpc.enable_call_cancellation)

    @property
    def chain(self) -> tuple[int, ...]:
        return () if self.rank == FREE else (self.rank,)

    # ---- its feeder ------------------------------------------------------------------------

    def feed(self, seed: str, is_over: threading.Event, moves: dict[Verb, Any]) -> None:
        for action in actions(seed, is_calm=self.worker.is_calm):
            if is_over.wait(PAUSE_S):
                return
            if action.verb is Verb.END_APARTMENT:
                self.end_apartment()
                self._born()
            elif not self.run(self._act, action, moves[action.verb]):
                return

    def run(self, function: Any, *args: Any) -> bool:
        """Have the thread run that. False: it is stuck, which is reported."""
        task: Task = self.thread.begin(function, *args)
        if task.wait(STUCK_S):
            task.join()
            return True
        self.worker.fail(f"stuck in {function.__name__}{args}\n{self.worker.sight()}")
        return False

    def end_apartment(self) -> None:
        """Leave the apartment, with all that only this thread had."""
        for begun in self.begun:
            self.worker.ledger.told(begun.token, "abandoned")
        self.run(self.give_up_claims)  # on objects of other apartments, too, which live on
        self.held, self.own, self.begun, self.locked, self.tables = [], [], [], [], []
        self.thread.close()

    def give_up_claims(self) -> None:
        """Unlock what is locked, withdraw the table packets: nobody else would. Its thread."""
        for packet in self.tables:
            with suppress(ComError):  # its object is gone already
                pyorpc.release_marshal_data(packet)
        for servant in self.locked:
            pyorpc.lock_object_external(servant, lock=False, last_unlock_releases=True)
        self.tables, self.locked = [], []

    # ---- its thread ------------------------------------------------------------------------

    def _act(self, action: Action, move: Any) -> None:
        self.tried[action.verb.text] += 1
        try:
            move(self, action)
        except ComError as error:
            self.ended[error.hresult.name] += 1
            if not self._is_expected(error, action.verb):
                self.worker.fail(f"{action.verb.text}: {error!r}\n{traceback.format_exc()}")
        except Exception:
            self.worker.fail(f"{action.verb.text}:\n{traceback.format_exc()}")
        else:
            self.ended["returned"] += 1
        del self.held[:-MOST_HELD]

    def _is_expected(self, error: ComError, verb: Verb) -> bool:
        if error.hresult in _ALWAYS or error.hresult in _FOR_VERB.get(verb, ()):
            return True
        return not self.worker.is_calm and isinstance(error, DisconnectedError)

    def callee(self, pick: int) -> Held | None:
        """One of the pointers that this actor may call without risking a deadlock."""
        may = [held for held in self.held if may_call(self.chain, held.rank)]
        return may[pick % len(may)] if may else None

    def other(self, pick: int, callee: Held) -> Held | None:
        """A pointer that the callee may call, in this actor's call."""
        chain = [rank for rank in (self.rank, callee.rank) if rank != FREE]
        may = [held for held in self.pointers() if may_call(chain, held.rank)]
        return may[pick % len(may)] if may else None

    def beyond(self, pick: int, callee: Held) -> Held | None:
        """A pointer that the callee may call whenever it likes, long after this actor's call."""
        chain = () if callee.rank == FREE else (callee.rank,)
        may = [held for held in self.pointers() if may_call(chain, held.rank)]
        return may[pick % len(may)] if may else None

    def pointers(self) -> list[Held]:
        """What is held, and the own objects that may be marshaled from here."""
        own = [Held(each.servant, self.rank) for each in self.own if each.context is None]
        return self.held + own

    def token(self) -> str:
        """The name of a call in the ledger: process, actor, number."""
        self._tokens += 1
        token = f"{self.worker.name}/{self.number}/{self._tokens}"
        self.worker.ledger.told(token, BEGUN)
        return token

    def echo(self, pointer: IProbe) -> None:
        token = self.token()
        try:
            heard = pointer.Echo(token)
        except ComError as error:
            self.worker.ledger.told(token, error.executed)
            raise
        self.worker.ledger.told(token, RETURNED)
        assert heard == token, f"sent {token}, heard {heard}"
