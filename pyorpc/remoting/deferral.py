"""Deferral: a call whose method has not returned, although its thread has gone on to other work.

Whoever begins such a method says DEFERRED instead of a result; whoever has the result later resumes
the call, and a Completion takes it to the object's apartment: there results are packed and objects
are marshaled, in the object's context.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pyorpc.apartment.admission import ItemKind
from pyorpc.errors import ComError

if TYPE_CHECKING:
    from pyorpc.remoting.incoming_call import IncomingCall


class Deferred:
    """The type of DEFERRED."""


DEFERRED: Final = Deferred()


class GoesOn(BaseException):
    """Leaves the blocks of a stub's function whose call is not over; never what called that."""


class Completion:
    """A WorkItem: the rest of a call. It enters as a callback would; no message filter is asked."""

    kind = ItemKind.CALL
    is_continuation = True

    def __init__(self, call: IncomingCall, produce: Callable[[], object]) -> None:
        self._call = call
        self._produce = produce
        self.causality = call.causality

    def run(self) -> None:
        self._call.complete(self._produce)

    def refuse(self, error: ComError) -> None:
        self._call.give_up(error)
