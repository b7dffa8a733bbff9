from __future__ import annotations

from pathlib import Path

from pyorpc.midl import syntax
from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.parse import parse
from pyorpc.midl.source import SourceFile, Sources


def type_of(text: str) -> syntax.Type:
    reporter = Reporter()
    declarations = parse(SourceFile(Path("/a.idl"), "a.idl", text), Sources([], reporter), reporter)
    assert declarations is not None, reporter.render()
    (declaration,) = declarations
    assert isinstance(declaration, (syntax.TypeOnly, syntax.Typedef))
    return declaration.spec.type


def declarator_of(text: str) -> syntax.Declarator:
    type_ = type_of(f"struct S {{ {text} }};")
    assert isinstance(type_, syntax.StructType)
    return type_.fields[0].declarator


def test_an_encapsulated_union_keeps_its_switch_and_labels() -> None:
    union = type_of("union U switch (long t) u { case 1: case 2: long l; default: ; };")
    assert isinstance(union, syntax.UnionType)
    assert union.switch is not None
    assert union.switch.name.text == "t"
    assert union.switch.union_name is not None
    assert [len(arm.labels) for arm in union.arms] == [2, 0]
    assert [arm.is_default for arm in union.arms] == [False, True]
    assert [arm.field is None for arm in union.arms] == [False, True]


def test_the_arms_of_a_plain_union_keep_their_attributes() -> None:
    union = type_of("union U { [case(1)] long l; [default] ; };")
    assert isinstance(union, syntax.UnionType)
    assert [arm.attributes.items[0].name for arm in union.arms] == ["case", "default"]
    assert [arm.field is None for arm in union.arms] == [False, True]


def test_a_struct_may_hold_a_union_without_a_name() -> None:
    declarator = declarator_of("union { long l; float f; };")
    assert declarator.name is None


def test_a_bit_field_keeps_its_width() -> None:
    bits = declarator_of("long a : 3;").bits
    assert isinstance(bits, syntax.Literal)
    assert bits.value == 3
    assert declarator_of("long : 3;").name is None


def test_a_function_pointer_keeps_what_it_takes() -> None:
    declarator = declarator_of("HRESULT (__stdcall *f)(long a, long b);")
    assert declarator.name is not None
    assert declarator.name.text == "f"
    assert declarator.function is not None
    assert declarator.function.calling == ("__stdcall",)
    assert len(declarator.function.parameters) == 2


def test_a_safe_array_keeps_its_element() -> None:
    safe_array = type_of("typedef SAFEARRAY(IUnknown *) A;")
    assert isinstance(safe_array, syntax.SafeArrayType)
    assert safe_array.pointers == 1


def test_generic_types_are_nested() -> None:
    named = type_of("typedef A.B<C.D<E>> *T;")
    assert isinstance(named, syntax.NamedType)
    assert named.name == "A.B"
    inner = named.arguments[0].spec.type
    assert isinstance(inner, syntax.NamedType)
    assert (inner.name, len(inner.arguments)) == ("C.D", 1)


def test_an_enumerator_may_have_attributes() -> None:
    enum = type_of("enum E { [hidden] A = 1, B, };")
    assert isinstance(enum, syntax.EnumType)
    assert [len(one.attributes.items) for one in enum.enumerators] == [1, 0]
