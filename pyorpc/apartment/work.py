"""Application items of an STA's queue: posted ones, and sent ones whose sender waits."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from pyorpc.apartment.admission import ItemKind
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import CausalityId

_log = logging.getLogger(__name__)


class PostedWork:
    """Nobody waits for it; what it raises is logged."""

    kind = ItemKind.POSTED
    causality: CausalityId | None = None

    def __init__(self, fn: Callable[..., object], args: tuple[Any, ...]) -> None:
        self._fn = fn
        self._args = args

    def run(self) -> None:
        try:
            self._fn(*self._args)
        except Exception:
            _log.exception("posted work failed: %r", self._fn)

    def refuse(self, error: ComError) -> None:
        _log.warning("posted work %r was not run: %s", self._fn, error)


class SentWork:
    """Its sender waits for the result, also while the apartment waits for something else."""

    kind = ItemKind.SENT
    causality: CausalityId | None = None

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._fn = fn
        self._args = args
        self._value: Any = None
        self._error: BaseException | None = None
        self.is_done = False
        self.waker: Any = None

    def run(self) -> None:
        try:
            self._value = self._fn(*self._args)
        except Exception as error:
            self._error = error
        except BaseException as error:
            # It ends the apartment's loop, not its sender's.
            self._error = ComError(
                HRESULT.RPC_E_SERVERFAULT, f"{self._fn!r} raised {error!r}", executed="yes"
            )
            self._complete()
            raise
        self._complete()

    def refuse(self, error: ComError) -> None:
        self._error = error
        self._complete()

    def _complete(self) -> None:
        self.is_done = True
        if self.waker is not None:
            self.waker.wake()

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._value
