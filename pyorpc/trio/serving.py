"""serve: a trio program that offers classes to other processes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from pyorpc.activation.idle_watch import IdleWatch
from pyorpc.activation.ready_signal import is_launched
from pyorpc.context.thread_state import thread_state
from pyorpc.enumerations import CLSCTX, REGCLS
from pyorpc.functions.activation import (
    register_class_object,
    resume_class_objects,
    revoke_class_object,
)
from pyorpc.functions.apartments import current_runtime
from pyorpc.trio.apartment import open_apartment
from pyorpc.trio.library import trio

_SHORTEST_IDLE_S = 0.5


@asynccontextmanager
async def serve(*classes: type, serialize: bool = False) -> AsyncGenerator[None]:
    """Offer `@coclass` classes from a trio apartment, which is opened, for the length of a block.

    Their objects live on this thread. `await trio.sleep_forever()` in the block serves until it is
    cancelled, Ctrl-C for example; then no class is found any more, methods that run have the grace
    time, and the apartment ends. A server that an activation has started leaves the block by itself
    when nobody holds an object of it. Raises what open_apartment and register_class_object raise.
    """
    async with open_apartment(serialize=serialize):
        cookies: list[int] = []
        try:
            for each in classes:
                flags = REGCLS.MULTIPLEUSE | REGCLS.SUSPENDED
                cookies.append(register_class_object(each, each, CLSCTX.LOCAL_SERVER, flags))
            resume_class_objects()  # all at once
            with trio.CancelScope() as scope:
                if is_launched():
                    _end_when_idle(scope)
                yield
        finally:
            for cookie in cookies:
                revoke_class_object(cookie)


def _end_when_idle(scope: trio.CancelScope) -> None:
    runtime = current_runtime(thread_state())
    token = trio.lowlevel.current_trio_token()

    def ended() -> None:
        try:
            token.run_sync_soon(scope.cancel)
        except trio.RunFinishedError:
            return  # it has ended already

    IdleWatch(runtime, runtime.activation, max(runtime.settings.grace_s, _SHORTEST_IDLE_S), ended)
