"""Apartments with their sockets: an STA and its Port, the MTA and the Port that its pool shares.

The Runtime makes them, on the thread that is about to enter.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from pyorpc.apartment.mta import Mta
from pyorpc.apartment.neutral import Neutral
from pyorpc.apartment.sta import Sta
from pyorpc.ids import new_oxid
from pyorpc.remoting.mta_lines import MtaLines
from pyorpc.remoting.network import Network
from pyorpc.remoting.sta_lines import StaLines
from pyorpc.settings import Settings
from pyorpc.transport.port import Port


def wired_sta(network: Network, settings: Settings, *, is_main: bool) -> Sta:
    """The apartment of the calling thread."""
    port = Port(network.make_socket, owner=threading.get_ident())
    sta = Sta(new_oxid(), port, is_main=is_main, max_queue=settings.max_queue)
    sta.lines = StaLines(sta, port, network)
    port.accept_with(sta.lines.accept)
    return sta


def wired_mta(network: Network, settings: Settings, enter_thread: Callable[[], None]) -> Mta:
    """An MTA whose pool threads begin with `enter_thread`."""
    port = Port(network.make_socket, shared=True)
    mta = Mta(
        new_oxid(),
        port,
        threads=settings.mta_threads,
        threads_max=settings.mta_threads_max,
        max_queue=settings.max_queue,
        enter_thread=enter_thread,
    )
    mta.lines = MtaLines(mta, port, network, network.make_socket)
    port.accept_with(mta.lines.accept)
    return mta


def wired_neutral(mta: Mta) -> Neutral:
    """The neutral apartment has no sockets: it is reached through the MTA's."""
    neutral = Neutral(new_oxid(), mta)
    neutral.lines = mta.lines
    return neutral
