"""Which method `pyorpc call` means. (As a command: test_call.py.)"""

from __future__ import annotations

from typing import Any

import click
import pytest

from pyorpc.cli.method_search import find_method
from tests.midl.good.dispatch_idl import ICounter, INamed
from tests.midl.good.python_names_idl import IPythonNames
from tests.support.named_class import NamedThing


@pytest.mark.parametrize(
    ("name", "count", "found"),
    [
        ("get_Name", 0, "get_Name"),
        ("Name", 0, "get_Name"),
        ("put_Name", 1, "put_Name"),
        ("Name", 1, "put_Name"),
        ("Name", 2, "get_Name"),  # refused afterwards
    ],
)
def test_a_property_is_read_or_set_by_how_many_arguments_there_are(
    name: str, count: int, found: str
) -> None:
    assert find_method(INamed, name, count).name == found


def test_a_property_is_used_as_python_does() -> None:
    named = NamedThing()
    assert find_method(INamed, "Name", 0).invoker([])(named) == "first"
    find_method(INamed, "Name", 1).invoker(["new"])(named)
    assert named.Name == "new"
    assert [each.name for each in find_method(INamed, "put_Name", 1).parameters] == ["name"]
    assert find_method(INamed, "get_Name", 0).parameters == []


def test_methods_and_accessors_with_parameters_are_called() -> None:
    class Counter(ICounter):
        def Add(self, a: int, b: int = 1) -> int:
            return a + b

        def get_Item(self, index: Any) -> Any:
            return [index]

    add = find_method(ICounter, "Add", 1)
    assert (add.fewest, add.takes(1), add.takes(2), add.takes(3)) == (1, True, True, False)
    assert add.invoker([2, 3])(Counter()) == 5
    assert find_method(ICounter, "Item", 1).invoker([7])(Counter()) == [7]
    assert find_method(ICounter, "Item", 2).name == "put_Item"


def test_a_name_that_python_needs_itself_is_found() -> None:
    found = find_method(IPythonNames, "pass", 3)
    assert (found.name, found.attribute, found.fewest) == ("pass", "pass_", 3)


def test_what_is_no_method_is_told_with_those_that_are() -> None:
    with pytest.raises(click.UsageError, match="INamed has no method Size; it has get_Name"):
        find_method(INamed, "Size", 0)
