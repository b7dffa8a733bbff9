from __future__ import annotations

from pathlib import Path

from pyorpc.midl.doc.python_view import PythonView, python_view
from pyorpc.midl.doc.reference import reference_of
from pyorpc.midl.outline.symbol import Kind, symbols_of
from tests.midl.doc.making import reference
from tests.midl.format.reading import source
from tests.midl.outline.reading import declarations


def test_sections_hold_all_declarations(tmp_path: Path) -> None:
    found = reference(tmp_path)
    assert [(one.title, [entry.title for entry in one.entries]) for one in found.sections] == [
        ("Interfaces", ["IShop"]),
        ("Structs and unions", ["Thing"]),
        ("Enums", ["Heat"]),
        ("Constants", ["MOST"]),
    ]
    assert found.intro == "A shop & its <things>.\nOn two lines."
    assert found.imports == ("unknwn.idl",)


def test_a_typedef_with_its_tag_is_one_entry_under_the_name_in_python(tmp_path: Path) -> None:
    thing = next(one for one in reference(tmp_path).entries() if one.title == "Thing")
    assert thing.names == ("Thing", "tagThing", "ThingPointer")
    assert thing.idl == (
        "struct tagThing {\n    BSTR class;\n    Heat heat;\n};\n"
        "typedef struct tagThing Thing, *ThingPointer;"
    )
    assert [part.python for part in thing.parts] == [("class_: str",), ("heat: Heat",)]


def test_an_interface_has_its_facts_and_the_python_of_its_methods(tmp_path: Path) -> None:
    shop = next(one for one in reference(tmp_path).entries() if one.title == "IShop")
    assert shop.facts == (
        ("uuid", "7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b01"),
        ("asynchronous uuid", "7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b02"),
        ("base", "IUnknown"),
    )
    assert shop.doc == "Sells.\n\nFor money."
    assert [(part.name, part.python, part.doc) for part in shop.parts] == [
        ("Sell", ("def Sell(self, thing: Thing, price: int=7) -> Heat",), "Sell one."),
        ("None", ("def None_(self) -> None",), "Closed & done."),
    ]


def test_what_is_declared_in_an_interface_has_an_entry(tmp_path: Path) -> None:
    text = """import "unknwn.idl";
[object, uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b01)]
interface IA : IUnknown { const long K = 1; struct S { long a; }; HRESULT F(); };
"""
    assert {one.title for one in reference(tmp_path, text).entries()} == {"IA", "K", "S"}


def test_a_name_that_is_announced_first_has_one_entry(tmp_path: Path) -> None:
    text = "typedef struct S S;\nstruct S { long a; };\n"
    (found,) = reference(tmp_path, text).entries()
    assert (found.title, found.kind) == ("S", Kind.STRUCT)


def test_the_methods_of_a_property_are_shown_with_their_own_python() -> None:
    text = "interface IA { [propget] HRESULT P([out] long *p); [propput] HRESULT P([in] long p); };"
    view = python_view(
        "class IA(IUnknown):\n    @property\n    def P(self) -> int: ...\n"
        "    @P.setter\n    def P(self, p: int) -> None: ...\n"
    )
    found = reference_of(source(text), (), symbols_of(declarations(text)), view)
    (entry,) = found.entries()
    assert [part.python for part in entry.parts] == [
        ("@property\ndef P(self) -> int",),
        ("@P.setter\ndef P(self, p: int) -> None",),
    ]


def test_the_arms_of_a_union_are_shown_with_their_labels() -> None:
    text = "union U switch(long t) u { case 1: case 2: long a; default: short b; };"
    found = reference_of(source(text), (), symbols_of(declarations(text)), PythonView())
    (entry,) = found.entries()
    assert entry.idl == (
        "union U switch(long t) u {\n    case 1: case 2: long a;\n    default: short b;\n};"
    )
