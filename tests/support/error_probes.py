"""Objects that set error information, and pointers to them from everywhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, ErrorInfo, Guid, ISupportErrorInfo, Success
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
GUID = Guid("6b29fc40-ca47-1067-b31d-00dd010662da")
INFO = ErrorInfo("the film is torn", "Camera.Film", "camera.hlp", 0xFFFFFFFF, GUID)


class Silent(Probe):
    """Sets error information, and fails."""

    def Fail(self, hresult: int, text: str) -> None:
        pyorpc.set_error_info(INFO)
        raise ComError(hresult, text)

    def Echo(self, text: str) -> str:
        pyorpc.set_error_info(INFO)
        return text

    def Raise(self, text: str) -> None:
        pyorpc.set_error_info(INFO)
        raise ValueError(text)

    def Sleep(self, seconds: float) -> Any:
        pyorpc.set_error_info(INFO)
        return HRESULT.E_ACCESSDENIED


class Telling(Silent, ISupportErrorInfo):
    """And says that it does."""

    def InterfaceSupportsErrorInfo(self, riid: Any) -> Any:
        return None if riid is IProbe else Success(HRESULT.S_FALSE)


class Pointers(ExitStack):
    """Pointers of an STA or the MTA to objects elsewhere."""

    def __init__(self, caller: COINIT, where: str) -> None:
        super().__init__()
        self.near = self.enter_context(in_apartment(caller))
        self._where = where

    def to(self, probe: Probe) -> IProbe:
        if self._where == "another process":
            return self.enter_context(FarRuntime(MTA, probe)).pointer()
        if self._where == "another context":
            context = pyorpc.create_context()
            packet = context.run(pyorpc.marshal_interface, probe, IProbe, pyorpc.MSHCTX.CROSSCTX)
            return pyorpc.unmarshal_interface(packet, IProbe)
        thread = self.enter_context(ProbeThread(self.near, STA, probe))
        return pyorpc.unmarshal_interface(thread.packet, IProbe)


anywhere = pytest.mark.parametrize("where", ["another process", "another apartment"])
everywhere = pytest.mark.parametrize(
    "where", ["another process", "another apartment", "another context"]
)
from_both = pytest.mark.parametrize("caller", [STA, MTA])


def failure_of(call: Callable[[], object]) -> ComError:
    with pytest.raises(ComError) as failed:
        call()
    return failed.value
