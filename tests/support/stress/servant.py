"""Servants: the objects that a stress run calls. Each run of Echo is noted in the ledger."""

from __future__ import annotations

from pyorpc import HRESULT, ComError, ThreadingModel, coclass
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe
from tests.support.stress.ledger import Ledger


class Servant(Probe):
    """A Probe that keeps no log of its own, and fails in order where it has nothing to call."""

    ledger: Ledger  # this process's; set before any is made

    def Echo(self, text: str) -> str:
        self.ledger.ran(text)
        return text

    def CallHeld(self, a: int, b: int) -> int:
        held = self.held
        if held is None:
            raise ComError(HRESULT.E_POINTER, "nothing is held")
        return held.Add(a, b)

    def CallBack(self, other: IProbe | None) -> int:
        if other is None:
            raise ComError(HRESULT.E_POINTER, "nobody to call back")
        return other.Add(1, 2)

    def Make(self) -> IProbe | None:
        return Servant()


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e2001", "Stress.Free", ThreadingModel.FREE)
class FreeServant(Servant):
    """Lives in the MTA."""


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e2002", "Stress.Neutral", ThreadingModel.NEUTRAL)
class NeutralServant(Servant):
    """Lives in the neutral apartment."""


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e2003", "Stress.Apartment", ThreadingModel.APARTMENT)
class StaServant(Servant):
    """Lives in any STA; made from the MTA, in one of the runtime's own."""


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e2004", "Stress.Service", ThreadingModel.BOTH)
class ServiceServant(Servant):
    """Made by class objects of private contexts, with which it is disconnected."""
