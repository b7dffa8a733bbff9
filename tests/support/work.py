"""What apartments run, for tests: items that record what became of them, and threads to run on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from pyorpc.apartment.admission import ItemKind
from pyorpc.apartment.sta import Sta
from pyorpc.errors import ComError
from pyorpc.ids import CausalityId, new_oxid
from pyorpc.transport.port import Port
from tests.support.waiting import DEADLINE_S


class Work:
    """A WorkItem. `outcomes` is "ran" or the error of each time it was answered: once, that is."""

    def __init__(
        self,
        body: Callable[[], object] | None = None,
        *,
        kind: ItemKind = ItemKind.CALL,
        causality: CausalityId | None = None,
    ) -> None:
        self.kind = kind
        self.causality = causality
        self.body = body
        self.thread_id = 0
        self.outcomes: list[ComError | str] = []
        self._answered = threading.Event()

    def run(self) -> None:
        self.thread_id = threading.get_ident()
        if self.body is not None:
            self.body()
        self.outcomes.append("ran")
        self._answered.set()

    def refuse(self, error: ComError) -> None:
        self.outcomes.append(error)
        self._answered.set()

    @property
    def ran(self) -> bool:
        return self.outcomes == ["ran"]

    @property
    def refusal(self) -> ComError:
        (error,) = self.outcomes
        assert isinstance(error, ComError)
        return error

    def wait(self) -> None:
        assert self._answered.wait(DEADLINE_S), "nobody answered this item"


class Flag:
    """An Awaitable."""

    is_done = False


class Running:
    """A function in a thread of its own. `join` gives its result or raises what it raised."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self._result: Any = None
        self._error: BaseException | None = None
        self._function = function
        self._args = args
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def join(self) -> Any:
        self.thread.join(DEADLINE_S)
        assert not self.thread.is_alive(), f"{self._function} has not returned"
        if self._error is not None:
            raise self._error
        return self._result

    def _run(self) -> None:
        try:
            self._result = self._function(*self._args)
        except BaseException as error:  # raised again by join
            self._error = error


def no_sockets(kind: int) -> Any:
    raise AssertionError(f"no socket of kind {kind} is needed")


@contextmanager
def pumping_sta(max_queue: int = 100) -> Generator[Sta]:
    """An STA whose thread pumps. At the end it quits and closes."""
    made: list[Sta] = []
    is_made = threading.Event()

    def live() -> None:
        port = Port(no_sockets, owner=threading.get_ident())
        sta = Sta(new_oxid(), port, is_main=False, max_queue=max_queue)
        made.append(sta)
        is_made.set()
        try:
            sta.pump()
        finally:
            sta.close()
            port.close()

    thread = Running(live)
    assert is_made.wait(DEADLINE_S)
    try:
        yield made[0]
    finally:
        made[0].post_quit(0)
        thread.join()
