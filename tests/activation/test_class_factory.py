from __future__ import annotations

from typing import Any

import pytest

from pyorpc import COINIT
from pyorpc.activation.class_factory import ClassFactory
from pyorpc.activation.coclass import coclass
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.exporter import home_context
from tests.support.probe import Probe, in_apartment
from tests.support.probe_classes import ProbeBoth, ProbeFailing
from tests.support.probe_idl import INobody, IProbe


class Count:
    """What LockServer counts with."""

    def __init__(self) -> None:
        self.value = 0

    def add_ref(self) -> int:
        self.value += 1
        return self.value

    def release(self) -> int:
        self.value -= 1
        return self.value


def failure_of(factory: ClassFactory, outer: Any, iface: Any) -> ComError:
    with pytest.raises(ComError) as failed:
        factory.CreateInstance(outer, iface)
    return failed.value


def test_an_object_belongs_to_the_context_that_it_is_made_in() -> None:
    with in_apartment(COINIT.APARTMENTTHREADED):
        made = ClassFactory(ProbeBoth).CreateInstance(None, IProbe)
        assert isinstance(made, ProbeBoth)
        assert home_context(made) is thread_state().context


def test_objects_are_not_aggregated() -> None:
    error = failure_of(ClassFactory(ProbeBoth), Probe(), IProbe)
    assert error.hresult == HRESULT.CLASS_E_NOAGGREGATION


def test_an_interface_that_the_class_lacks() -> None:
    assert failure_of(ClassFactory(ProbeBoth), None, INobody).hresult == HRESULT.E_NOINTERFACE


def test_a_class_that_implements_no_interface_at_all() -> None:
    plain = coclass("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1d01")(type("Plain", (), {}))
    assert failure_of(ClassFactory(plain), None, IProbe).hresult == HRESULT.E_NOINTERFACE


def test_a_failing_constructor_is_told_with_its_text() -> None:
    error = failure_of(ClassFactory(ProbeFailing), None, IProbe)
    assert error.hresult == HRESULT.CO_E_INITIALIZATIONFAILED
    assert "ValueError: no table" in error.description
    assert isinstance(error.__cause__, ValueError)


def test_a_constructors_own_hresult_is_kept() -> None:
    @coclass("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1d02")
    class Denied(Probe):
        def __init__(self) -> None:
            super().__init__()
            raise ComError(HRESULT.E_ACCESSDENIED, "not you")

    assert failure_of(ClassFactory(Denied), None, IProbe).hresult == HRESULT.E_ACCESSDENIED


def test_lock_server_counts_with_its_server_process() -> None:
    count = Count()
    factory = ClassFactory(ProbeBoth, count)
    factory.LockServer(True)
    assert count.value == 1
    factory.LockServer(False)
    assert count.value == 0


def test_lock_server_of_a_class_in_process_does_nothing() -> None:
    ClassFactory(ProbeBoth).LockServer(True)
