from __future__ import annotations

from functools import wraps
from typing import Any

from pyorpc.remoting.async_method import methods_with_tasks
from tests.support.async_probe import AsyncProbe
from tests.support.probe import Probe
from tests.support.probe_idl import IProbeStub


def changed_slots(target_class: type) -> set[str]:
    """The methods whose stub functions are not the plain ones."""
    methods = methods_with_tasks(IProbeStub, target_class)
    if methods is None:
        return set()
    return {
        method.name.removeprefix("IProbe.")
        for slot, (method, function) in methods.items()
        if function is not IProbeStub.METHODS[slot][1]
    }


def test_a_class_of_plain_methods_keeps_the_generated_table() -> None:
    assert methods_with_tasks(IProbeStub, Probe) is None


def test_only_the_async_methods_start_tasks() -> None:
    changed = changed_slots(AsyncProbe)
    assert "Add" in changed
    assert "Echo" not in changed


def test_a_method_behind_a_wrapper_that_says_so_is_found() -> None:
    def traced(method: Any) -> Any:
        @wraps(method)
        def call(*args: Any) -> Any:
            return method(*args)

        return call

    class Traced(Probe):
        @traced
        async def LetGo(self) -> None:
            raise NotImplementedError

    assert changed_slots(Traced) == {"LetGo"}
