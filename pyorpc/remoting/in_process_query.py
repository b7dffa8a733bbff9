"""InProcessQuery: an object's own QueryInterface, run where the object lives.

The asking thread waits as its apartment does. An object that leaves the answer to its class is not
disturbed: see Exporter.runs_users_code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyorpc.apartment.admission import ItemKind
from pyorpc.apartment.waits import Waker
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import CausalityId, Iid, Ipid
from pyorpc.remoting.exporter import PUBLIC_REFS, Exporter
from pyorpc.unknown import name_of

if TYPE_CHECKING:
    from pyorpc.remoting.stub_manager import StubManager

Answer = tuple[Ipid, int] | ComError


class InProcessQuery:
    """An item for the object's apartment; `answers` is there when it is done."""

    kind = ItemKind.SENT
    causality: CausalityId | None = None

    def __init__(
        self,
        exporter: Exporter,
        manager: StubManager,
        iids: Sequence[Iid],
        waker: Waker,
        refs: int = PUBLIC_REFS,
    ) -> None:
        self._exporter = exporter
        self._manager = manager
        self._iids = iids
        self._waker = waker
        self._refs = refs
        self._end: list[None] = [None]  # whoever pops it, the answers or the asker, ends it
        self.answers: list[Answer] = []
        self.is_done = False

    def run(self) -> None:
        with self._manager.context.entered(thread_state()):
            self._complete(self.answer())

    def refuse(self, error: ComError) -> None:
        self._complete([error for _ in self._iids])

    def give_up(self) -> None:
        """Nobody waits any more. Raises RPC_E_TIMEOUT, unless the answers have come just now."""
        if self._is_first():
            names = ", ".join(name_of(iid) for iid in self._iids)
            raise ComError(
                HRESULT.RPC_E_TIMEOUT, f"QueryInterface({names}) took longer than the time given"
            )

    def answer(self) -> list[Answer]:
        """Look the interfaces up on this thread; each that is there comes with references."""
        return [self._one(iid) for iid in self._iids]

    def _one(self, iid: Iid) -> Answer:
        try:
            found = self._exporter.interface(self._manager, iid)
            self._exporter.add_refs(self._manager, self._refs)
        except ComError as refusal:
            return refusal.with_traceback(None)  # kept, it would keep these frames
        except Exception as error:
            text = f"QueryInterface({name_of(iid)}): {type(error).__name__}: {error}"
            return ComError(HRESULT.RPC_E_SERVERFAULT, text)
        return found, self._refs

    def _is_first(self) -> bool:
        try:
            self._end.pop()
        except IndexError:
            return False
        return True

    def _complete(self, answers: list[Answer]) -> None:
        if not self._is_first():
            self._take_back(answers)
            return
        self.answers = answers
        self.is_done = True
        self._waker.wake()

    def _take_back(self, answers: list[Answer]) -> None:
        for answer in answers:
            if not isinstance(answer, ComError):
                ipid, refs = answer
                manager = self._exporter.release(ipid.bytes, refs)
                if manager is not None:
                    self._exporter.drop(manager)
