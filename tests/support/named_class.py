"""A class with a property, which can be activated."""

from __future__ import annotations

from pyorpc import HRESULT, ComError, ThreadingModel, coclass
from tests.midl.good.dispatch_idl import INamed


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1031", "Probe.Named", ThreadingModel.FREE)
class NamedThing(INamed):
    """Its name may be anything but empty."""

    def __init__(self) -> None:
        self._name = "first"

    @property
    def Name(self) -> str:
        return self._name

    @Name.setter
    def Name(self, name: str) -> None:
        if not name:
            raise ComError(HRESULT.E_INVALIDARG, "a name is not empty")
        self._name = name
