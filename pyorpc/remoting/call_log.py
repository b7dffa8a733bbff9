"""What the logger `pyorpc.calls` says of a call, at DEBUG: where it is, hop by hop.

Each line begins with the causality id, so one grep finds a call and all that it called, in the logs
of every process. Whoever calls these functions has looked first whether they are wanted.
"""

from __future__ import annotations

import logging
from functools import partial
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING, Final

from pyorpc.errors import HRESULT, ComError

if TYPE_CHECKING:
    from pyorpc.remoting.incoming_call import IncomingCall
    from pyorpc.remoting.outgoing_call import OutgoingCall

calls: Final = logging.getLogger("pyorpc.calls")


# Whether anybody wants these lines. Every call asks: a partial takes 0.04 us, a function 0.06 us.
is_wanted: Final = partial(calls.isEnabledFor, logging.DEBUG)


def send(call: OutgoingCall, to: object) -> None:
    """The caller hands its call over: on the caller's thread."""
    calls.debug("%s send %s call %d to %s", call.causality, call.method.name, call.id, to)


def done(call: OutgoingCall) -> None:
    """The caller's wait is over, whatever ended it."""
    outcome = (call.error or HRESULT(call.hresult)) if call.is_done else "not sent"
    calls.debug(
        "%s done %s call %d after %.1f ms: %s",
        call.causality,
        call.method.name,
        call.id,
        (monotonic() - call.started) * 1000,
        outcome,
    )


def arrive(call: IncomingCall, call_id: int, process_id: str) -> None:
    """A request is here; the apartment gets it next."""
    apartment = call.manager.apartment
    calls.debug(
        "%s arrive %s call %d from process %s for %r behind %d",
        call.causality,
        call.method_name,
        call_id,
        process_id[:8],
        apartment,
        apartment.queue_length(),
    )


def begin(call: IncomingCall) -> None:
    """The method begins: on the object's thread."""
    calls.debug(
        "%s begin %s in %r on thread %#018x after %.1f ms in the queue",
        call.causality,
        call.method_name,
        call.manager.apartment,
        get_ident(),
        (monotonic() - call.arrived) * 1000,
    )


def end(call: IncomingCall, outcome: HRESULT | ComError) -> None:
    """The method has ended; its answer leaves next."""
    calls.debug(
        "%s end %s after %.1f ms: %s",
        call.causality,
        call.method_name,
        (monotonic() - call.arrived) * 1000,
        outcome,
    )
