"""own_loop: who runs the tasks of the calling thread's apartment."""

from __future__ import annotations

from pyorpc.apartment.apartment import TaskLoop
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError


def own_loop(what: str) -> TaskLoop:
    """The loop of this thread's trio apartment. Raises CO_E_NOT_SUPPORTED where it is in none."""
    home = thread_state().home
    if home is None or home.loop is None:
        raise ComError(
            HRESULT.CO_E_NOT_SUPPORTED,
            f"{what} is awaited on a thread that is in no trio apartment: "
            "use `async with pyorpc.trio.open_apartment()`",
            executed="no",
        )
    return home.loop
