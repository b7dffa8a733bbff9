"""Where `pyorpc call` finds an interface. (As a command: test_call.py.)"""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pytest

from pyorpc.activation.catalog import CatalogEntry
from pyorpc.cli.interface_search import (
    interface_in_idl,
    interface_in_module,
    interface_of_class,
)
from pyorpc.errors import ComError
from pyorpc.ids import Clsid, Guid
from tests.support.probe_idl import IProbe, IProbeMore

CLSID = Clsid(Guid("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1001"))
BASE = """import "unknwn.idl";
struct Point { long x; };
[object, uuid(7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e2001)]
interface ISearchBase : IUnknown { HRESULT Put([in] struct Point point); };
"""
DERIVED = """import "search_base.idl";
[object, uuid(7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e2002)]
interface ISearchDerived : ISearchBase { HRESULT Get([out, retval] struct Point *point); };
"""


def entry(implementation: str | None) -> CatalogEntry:
    return CatalogEntry(clsid=CLSID, implementation=implementation)


def test_in_a_module() -> None:
    assert interface_in_module("IProbe", "tests.support.probe_idl", []) is IProbe
    with pytest.raises(ComError, match="is no interface"):
        interface_in_module("IProbeStub", "tests.support.probe_idl", [])


def test_in_an_idl_file_with_what_it_imports(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "search_base.idl").write_text(BASE)
    (tmp_path / "search_derived.idl").write_text(DERIVED)
    places = list(sys.path)
    found = interface_in_idl("ISearchDerived", tmp_path / "search_derived.idl", [tmp_path / "base"])
    assert found.__name__ == "ISearchDerived"
    assert [each.__name__ for each in found.__mro__[1:3]] == ["ISearchBase", "IUnknown"]
    assert sys.path == places
    assert list(tmp_path.glob("**/*.py")) == []


def test_of_a_registered_class_its_own_and_those_beside_them() -> None:
    registered = entry("tests.support.probe_classes:ProbeFree")
    assert interface_of_class("IProbe", registered) is IProbe
    assert interface_of_class("IProbeMore", registered) is IProbeMore
    assert interface_of_class("AsyncIProbe", registered).__name__ == "AsyncIProbe"
    with pytest.raises(ComError, match="it has IProbe, IProbeMore"):
        interface_of_class("INone", registered)


def test_a_class_that_is_not_in_python_tells_nothing() -> None:
    with pytest.raises(click.UsageError, match="--idl FILE"):
        interface_of_class("IProbe", entry(None))
