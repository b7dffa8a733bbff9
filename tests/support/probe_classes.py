"""Probe as classes that can be activated, one for each threading model, and some that cannot."""

from __future__ import annotations

import threading

import pyorpc
from pyorpc import ThreadingModel, coclass
from tests.support.probe import Probe

ROOT_OF_IDS = "7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e10"


@coclass(f"{ROOT_OF_IDS}01", "Probe.None", ThreadingModel.NONE)
class ProbeNone(Probe):
    """Lives in the main STA."""


@coclass(f"{ROOT_OF_IDS}02", "Probe.Apartment", ThreadingModel.APARTMENT)
class ProbeApartment(Probe):
    """Lives in any STA."""


@coclass(f"{ROOT_OF_IDS}03", "Probe.Free", ThreadingModel.FREE)
class ProbeFree(Probe):
    """Lives in the MTA."""


@coclass(f"{ROOT_OF_IDS}04", "Probe.Both", ThreadingModel.BOTH)
class ProbeBoth(Probe):
    """Lives with its creator."""


@coclass(f"{ROOT_OF_IDS}05", "Probe.Neutral", ThreadingModel.NEUTRAL)
class ProbeNeutral(Probe):
    """Lives in the neutral apartment."""


@coclass(f"{ROOT_OF_IDS}06", "Probe.Agile", ThreadingModel.BOTH, free_threaded_marshaler=True)
class ProbeAgile(Probe):
    """Every apartment of the process has the object itself."""


@coclass(f"{ROOT_OF_IDS}07", "Probe.Sideways", "Sideways")
class ProbeSideways(Probe):
    """Its model is none."""


@coclass(f"{ROOT_OF_IDS}08", "Probe.Failing", ThreadingModel.BOTH)
class ProbeFailing(Probe):
    """Cannot be made."""

    def __init__(self) -> None:
        super().__init__()
        raise ValueError("no table")


@coclass(f"{ROOT_OF_IDS}09", "Probe.Counted", ThreadingModel.BOTH)
class ProbeCounted(Probe):
    """Keeps its server while there is one of it."""

    def __init__(self) -> None:
        super().__init__()
        self.count = pyorpc.add_ref_server_process()

    def Add(self, a: int, b: int) -> int:
        return self.count


FIVE = (ProbeNone, ProbeApartment, ProbeFree, ProbeBoth, ProbeNeutral)


class Overlap:
    """How many threads were inside at once, at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards both
        self._inside = 0
        self.most = 0

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)

    def __exit__(self, *exc_info: object) -> None:
        with self._lock:
            self._inside -= 1
