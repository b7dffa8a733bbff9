"""Message filters that answer as a test says and remember what they were asked."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import pyorpc
from pyorpc import PENDINGMSG, SERVERCALL, IMessageFilter


class Asked(NamedTuple):
    """One question: the arguments, and the thread that it was asked on."""

    args: tuple[Any, ...]
    thread_id: int


class ScriptedFilter(IMessageFilter):
    """Gives the answers in order, the last one for ever."""

    def __init__(
        self,
        handle: Sequence[int] = (SERVERCALL.ISHANDLED,),
        retry: Sequence[int] = (-1,),
        pending: Sequence[int] = (PENDINGMSG.WAITDEFPROCESS,),
    ) -> None:
        self._answers = {"handle": list(handle), "retry": list(retry), "pending": list(pending)}
        self.asked: dict[str, list[Asked]] = {"handle": [], "retry": [], "pending": []}

    def _answer(self, question: str, *args: Any) -> int:
        self.asked[question].append(Asked(args, threading.get_ident()))
        answers = self._answers[question]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def HandleInComingCall(self, call_type: int, caller: int, tick_count: int, info: Any) -> int:
        return self._answer("handle", call_type, caller, tick_count, info)

    def RetryRejectedCall(self, callee: int, tick_count: int, reject_type: int) -> int:
        return self._answer("retry", callee, tick_count, reject_type)

    def MessagePending(self, callee: int, tick_count: int, pending_type: int) -> int:
        return self._answer("pending", callee, tick_count, pending_type)

    def call_types(self) -> list[int]:
        return [asked.args[0] for asked in self.asked["handle"]]


def register(message_filter: IMessageFilter | None) -> IMessageFilter | None:
    return pyorpc.register_message_filter(message_filter)
