"""A face for trio programs: an STA whose thread runs a trio loop.

`async with open_apartment():` makes the thread of a task such an STA; there `IFooAwaitable(proxy)`
has the methods of IFoo as coroutines, and objects may have `async def` methods. `wait(handle)`
awaits call objects and events, `serve(Class)` offers classes to other processes.
"""

from pyorpc.trio.apartment import open_apartment
from pyorpc.trio.serving import serve
from pyorpc.trio.waiting import wait

__all__ = ["open_apartment", "serve", "wait"]
