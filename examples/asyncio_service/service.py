"""An asyncio program whose thread is an STA: `python service.py`; it ends by SIGTERM or Ctrl-C.

Streams and calls are served by one loop on one thread, so they share their state without a lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Generator

from asyncio_service_idl import CLSID_Announcer, IAnnouncer

import pyorpc
from pyorpc import COINIT


@contextlib.contextmanager
def apartment_in(loop: asyncio.AbstractEventLoop) -> Generator[None]:
    """The loop's thread is an STA, and the loop pumps it."""
    with pyorpc.enter_apartment(COINIT.APARTMENTTHREADED):
        descriptor = pyorpc.apartment_fileno()
        loop.add_reader(descriptor, pyorpc.pump_waiting_messages)
        try:
            yield
        finally:
            loop.remove_reader(descriptor)


class Announcer(IAnnouncer):
    """Called from other processes, on the loop's thread."""

    def __init__(self) -> None:
        self._streams: set[asyncio.StreamWriter] = set()

    async def listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A listener has connected: a coroutine of the loop's, as usual."""
        self._streams.add(writer)
        await reader.read()  # until it goes
        self._streams.discard(writer)
        writer.close()

    def Announce(self, line: str) -> None:
        for stream in self._streams:
            stream.write(f"{line}\n".encode())

    def Listeners(self) -> tuple[int, int]:
        return len(self._streams), threading.get_ident()


async def main() -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with apartment_in(loop):
        announcer = Announcer()
        server = await asyncio.start_server(announcer.listen, "127.0.0.1", 0)
        cookie = pyorpc.register_active_object(announcer, CLSID_Announcer)
        print(server.sockets[0].getsockname()[1], threading.get_ident(), flush=True)
        await stop.wait()
        server.close()
        pyorpc.revoke_active_object(cookie)


if __name__ == "__main__":
    asyncio.run(main())
