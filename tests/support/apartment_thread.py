"""ApartmentThread: a thread in an apartment that does what the test tells it, one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

from pyorpc import COINIT, Runtime
from pyorpc.apartment.sta import Sta
from pyorpc.apartment.work import PostedWork
from pyorpc.context.thread_state import thread_state
from tests.support.waiting import DEADLINE_S

R = TypeVar("R")


class Task:
    """A function to run there, and what came of it."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._function = function
        self._args = args
        self._is_done = threading.Event()
        self._result: Any = None
        self._error: BaseException | None = None

    def __call__(self) -> None:
        try:
            self._result = self._function(*self._args)
        except BaseException as error:  # raised again by join
            self._error = error
        self._is_done.set()

    def wait(self, timeout_s: float) -> bool:
        """Whether it has returned, or raised, within that time."""
        return self._is_done.wait(timeout_s)

    def join(self) -> Any:
        assert self._is_done.wait(DEADLINE_S), f"{self._function} has not returned"
        if self._error is not None:
            raise self._error
        return self._result


class ApartmentThread:
    """An STA pumps between two tasks; a thread of the MTA waits."""

    def __init__(self, runtime: Runtime, coinit: COINIT) -> None:
        self._runtime = runtime
        self._coinit = coinit
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._entered = threading.Event()
        self._sta: Sta | None = None
        self._thread = threading.Thread(target=self._live, name=f"test {coinit!r}")
        self._thread.start()
        assert self._entered.wait(DEADLINE_S)

    @property
    def ident(self) -> int:
        assert self._thread.ident is not None
        return self._thread.ident

    def begin(self, function: Callable[..., Any], *args: Any) -> Task:
        task = Task(function, args)
        if self._sta is not None:
            self._sta.submit(PostedWork(task, ()))
        else:
            self._tasks.put(task)
        return task

    def run(self, function: Callable[..., R], *args: Any) -> R:
        result: R = self.begin(function, *args).join()
        return result

    def close(self) -> None:
        if self._sta is not None:
            self._sta.post_quit(0)
        self._tasks.put(None)
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _live(self) -> None:
        with self._runtime.enter_apartment(self._coinit):
            home = thread_state().home
            self._sta = home if isinstance(home, Sta) else None
            self._entered.set()
            if self._sta is not None:
                self._sta.pump()
                return
            while (task := self._tasks.get()) is not None:
                task()
