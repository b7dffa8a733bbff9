"""Feed: the task that pushes the chunks of an async iterable into a pipe.

It belongs to who passed or returned the iterable: to his call, his context and his apartment.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, CallCanceledError
from pyorpc.trio.library import trio

if TYPE_CHECKING:
    from pyorpc.apartment.apartment import Awaitable
    from pyorpc.apartment.waits import Waker
    from pyorpc.remoting.chunk_queue import ChunkQueue

_log = logging.getLogger(__name__)


class Loop(Protocol):
    """What it needs of a TrioLoop."""

    def cancel(self, scope: trio.CancelScope) -> None: ...
    async def until_clear(self, attempt: Callable[[Waker], Awaitable | None]) -> None: ...


class Feed:
    """Of one pipe. Ends with the iterable, or as soon as nobody takes its chunks any more."""

    def __init__(self, loop: Loop, queue: ChunkQueue, chunks: AsyncIterable[Any]) -> None:
        self._loop = loop
        self._queue = queue
        self._chunks = chunks

    async def run(self) -> None:
        # The time given to the call is that of the call, which the pipe may outlive.
        thread_state().deadline = None
        with trio.CancelScope() as scope:
            self._queue.on_close = partial(self._loop.cancel, scope)
            if self._queue.is_closed:
                scope.cancel()
            await self._push_all()

    async def _push_all(self) -> None:
        try:
            try:
                async for chunk in self._chunks:
                    checked = self._queue.checked(chunk)
                    if len(checked):
                        await self._loop.until_clear(partial(self._queue.add, checked))
            finally:
                await self._close()
        except Exception as error:
            if not self._queue.end(error):
                # Its consumer has gone or was told of another failure: nobody to raise it to.
                _log.exception("closing the producer of a pipe")
        except BaseException:
            self._queue.end(_ended())
            raise
        else:
            self._queue.end()

    async def _close(self) -> None:
        close = getattr(self._chunks, "aclose", None)
        if close is not None:
            await close()


def _ended() -> CallCanceledError:
    return CallCanceledError(
        HRESULT.RPC_E_CALL_CANCELED, "a pipe's producer was cancelled: its apartment ended"
    )
