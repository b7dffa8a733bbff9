"""ApartmentThread: a thread in an apartment that runs what others hand to it.

The workloads make their calls on such threads, since one thread can be in one apartment only.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from pyorpc.benchmark.workload import DEADLINE_S
from pyorpc.enumerations import COINIT
from pyorpc.runtime import Runtime

T = TypeVar("T")
_Job = tuple[Callable[[], Any], "Future[Any]"]

# A round lasts about a second; one that lasts so long hangs.
ROUND_DEADLINE_S = 6 * DEADLINE_S


class ApartmentThread:
    """Enters an apartment of `runtime` at once; `close` leaves it. Used from any thread."""

    def __init__(self, runtime: Runtime, coinit: COINIT) -> None:
        self._runtime = runtime
        self._coinit = coinit
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="pyorpc-bench", daemon=True)
        self._thread.start()
        self.run(threading.get_ident)  # it has entered: `close` will find its apartment

    def run(self, job: Callable[[], T]) -> T:
        """What `job` returned or raised on that thread."""
        return self.begin(job).result(ROUND_DEADLINE_S)

    def begin(self, job: Callable[[], T]) -> "Future[T]":
        done: Future[T] = Future()
        self._jobs.put((job, done))
        return done

    def close(self) -> None:
        """Leave the apartment; an STA that pumps is told to stop."""
        sta = self._runtime.sta_of(self._thread.ident or 0)
        if sta is not None:
            sta.post_quit(0)
        self._jobs.put(None)
        self._thread.join(DEADLINE_S)

    def _work(self) -> None:
        with self._runtime.enter_apartment(self._coinit):
            while (job := self._jobs.get()) is not None:
                function, done = job
                try:
                    done.set_result(function())
                except Exception as error:
                    done.set_exception(error)
