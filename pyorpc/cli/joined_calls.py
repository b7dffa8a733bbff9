"""JoinedCall: a call in flight as one thing, from what its caller and its callee say of it.

Made of the answers of several processes, which came at slightly different moments. Values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from pyorpc.cli.neighbours import Neighbour
from pyorpc.remoting.call_sight import OUTGOING, RUNNING
from pyorpc.wire.sight import CallSeen, CallsSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedCall:
    """The field's zero or empty value says that it is not known."""

    method: str
    state: str
    """`on its way`, `queued`, `running`; `waiting`: more is not known, since the callee is on
    another machine or home; `callee does not answer`."""
    since_s: float
    causality: str
    is_cancelled: bool
    caller_pid: int
    caller_thread: int
    callee_pid: int
    callee_thread: int
    apartment: str
    waits_for: str
    """The method that this one calls in its turn. Of one that does not run yet: the method that the
    STA runs meanwhile, whose thread reads the requests, too."""

    @property
    def where(self) -> str:
        """Where it is, in words."""
        match self.state:
            case "running":
                inner = f", waits for {self.waits_for}" if self.waits_for else ""
                return f"runs in {self.apartment} on thread {self.callee_thread:#x}{inner}"
            case "queued":
                behind = f" behind {self.waits_for}" if self.waits_for else ""
                return f"queued in {self.apartment}{behind}"
            case "on its way" if self.waits_for:
                return f"on its way to {self.apartment}, which runs {self.waits_for}"
            case "callee does not answer":
                return f"pid {self.callee_pid} does not answer"
            case state:
                return state


class _Side(NamedTuple):
    """What one process says of a call."""

    pid: int
    process_id: str
    call: CallSeen


def join(neighbours: Iterable[Neighbour]) -> list[JoinedCall]:
    """The calls in flight, the oldest first. Silent processes are callees that do not answer."""
    answers: list[CallsSeen] = []
    silent: set[int] = set()
    for each in neighbours:
        if each.is_silent:
            silent.add(each.pid)
        else:
            answers.append(each.answer)
    sides = [
        _Side(answer.pid, answer.process_id, call) for answer in answers for call in answer.calls
    ]
    joiner = _Joiner(sides, {answer.process_id for answer in answers}, silent)
    return sorted(joiner.calls(), key=lambda call: -call.since_s)


class _Joiner:
    """Looks up one side of a call from the other."""

    def __init__(self, sides: list[_Side], answered: set[str], silent: set[int]) -> None:
        self._answered = answered
        self._silent = silent
        self._sides = sides
        self._outgoing = {
            _key(side.call): side for side in sides if side.call.direction == OUTGOING
        }
        self._incoming = {
            _key(side.call): side for side in sides if side.call.direction != OUTGOING
        }

    def calls(self) -> list[JoinedCall]:
        keys = dict.fromkeys([*self._outgoing, *self._incoming])
        return [self._join(self._outgoing.get(key), self._incoming.get(key)) for key in keys]

    def _join(self, caller: _Side | None, callee: _Side | None) -> JoinedCall:
        known = [side.call for side in (caller, callee) if side is not None]
        first = known[0]
        is_running = callee is not None and callee.call.state == RUNNING
        other = self._called_by(callee) if callee and is_running else self._busy_with(first)
        apartments = [side.apartment for side in (callee and callee.call, other) if side]
        return JoinedCall(
            method=first.method,
            state=self._state_seen_by(caller) if callee is None else callee.call.state,
            since_s=max(call.since_s for call in known),
            causality=first.causality,
            is_cancelled=any(call.is_cancelled for call in known),
            caller_pid=first.peer_pid if caller is None else caller.pid,
            caller_thread=0 if caller is None else caller.call.thread_id,
            callee_pid=first.peer_pid if callee is None else callee.pid,
            callee_thread=0 if callee is None else callee.call.thread_id,
            apartment=apartments[0] if apartments else "",
            waits_for="" if other is None else other.method,
        )

    def _state_seen_by(self, caller: _Side | None) -> str:
        """Where a call is of which only the caller knows."""
        assert caller is not None
        if caller.call.peer_id in self._answered:
            return "on its way"
        return "callee does not answer" if caller.call.peer_pid in self._silent else "waiting"

    def _called_by(self, callee: _Side) -> CallSeen | None:
        """The call that a running method waits for."""
        call = callee.call
        made = [
            side.call
            for side in self._outgoing.values()
            if side.process_id == callee.process_id
            and side.call.thread_id == call.thread_id
            and side.call.since_s <= call.since_s
        ]
        return min(made, key=_age, default=None)

    def _busy_with(self, call: CallSeen) -> CallSeen | None:
        """The call that runs in the STA for which this one is."""
        running = [
            side.call
            for side in self._incoming.values()
            if side.call.oxid == call.oxid
            and side.call.state == RUNNING
            and _STA in side.call.apartment
        ]
        return min(running, key=_age, default=None)


_STA: Final = "STA"


def _age(call: CallSeen) -> float:
    return call.since_s


def _key(call: CallSeen) -> tuple[str, int]:
    return call.caller, call.call_id
