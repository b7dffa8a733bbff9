from __future__ import annotations

from pathlib import Path

from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.resolve.declared import Void
from pyorpc.midl.resolve.scope import Scope, TypeName, ValueName
from pyorpc.midl.source import Place, SourceFile

SOURCE = SourceFile(Path("/a.idl"), "a.idl", "one\ntwo\n")


def test_the_first_declaration_of_a_name_stays() -> None:
    reporter = Reporter()
    scope = Scope(reporter)
    scope.declare("A", ValueName("constant", 1, Place(SOURCE, 0)))
    scope.declare("A", ValueName("constant", 2, Place(SOURCE, 4)))
    entry = scope.names["A"]
    assert isinstance(entry, ValueName)
    assert entry.value == 1
    assert [one.text for one in reporter.diagnostics()] == ["'A' is already declared on line 1"]


def test_types_and_values_are_suggested_apart() -> None:
    scope = Scope(Reporter())
    scope.declare("COUNT", ValueName("constant", 1, Place(SOURCE, 0)))
    scope.declare("Counter", TypeName("typedef", Void(), Place(SOURCE, 0)))
    assert scope.value_hint("COUMT") == "; did you mean 'COUNT'?"
    assert scope.type_hint("Countr") == "; did you mean 'Counter'?"


def test_predefined_types_are_known() -> None:
    scope = Scope(Reporter())
    assert scope.type_named("DWORD") is not None
    assert scope.type_named("Missing") is None
