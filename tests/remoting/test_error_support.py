"""What an object without, or with a strange, ISupportErrorInfo says."""

from __future__ import annotations

from typing import Any

import pytest

from pyorpc import HRESULT, ISupportErrorInfo, Success
from pyorpc.remoting.error_support import supports_error_info
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe


class Says(Probe, ISupportErrorInfo):
    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer
        self.asked: object = None

    def InterfaceSupportsErrorInfo(self, riid: Any) -> Any:
        self.asked = riid
        return self.answer


def test_an_object_without_the_interface_does_not_and_one_that_is_gone() -> None:
    assert not supports_error_info(Probe(), IProbe)
    assert not supports_error_info(None, IProbe)


@pytest.mark.parametrize("answer", [None, True, 0, HRESULT.S_OK, Success(0)])
def test_it_does(answer: object) -> None:
    says = Says(answer)
    assert supports_error_info(says, IProbe)
    assert says.asked is IProbe


@pytest.mark.parametrize("answer", [False, 1, HRESULT.S_FALSE, Success(1), "yes"])
def test_it_does_not(answer: object) -> None:
    assert not supports_error_info(Says(answer), IProbe)
