from __future__ import annotations

from pyorpc.midl import syntax
from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.parse import parse
from pyorpc.midl.source import Sources
from tests.midl.compiling import IMPORT, Folder, interface


def test_one_field_line_gives_several_fields(folder: Folder) -> None:
    text = folder.module_text("struct S { long a, *b, c[2]; };")
    assert "    a: Long\n    b: Long | None\n    c: list[Long]\n" in text


def test_void_alone_means_no_parameters(folder: Folder) -> None:
    world = folder.world(IMPORT + interface("HRESULT F(void);"))
    assert world.interfaces["IThing"].methods[0].parameters == ()


def test_attributes_may_stand_on_both_sides_of_typedef(folder: Folder) -> None:
    text = folder.module_text("[public] typedef [v1_enum] enum { A } E;")
    assert "class E(OpenIntEnum):" in text


def test_a_cast_needs_no_known_type_to_be_parsed(folder: Folder) -> None:
    text = folder.module_text(
        "const long A = 3; const long B = (A) - 1; const long C = (LONG)(-1);"
    )
    assert "B: Final = 2" in text
    assert "C: Final = -1" in text


def test_what_is_for_c_only_stays_in_the_tree(folder: Folder) -> None:
    path = folder.write('cpp_quote("#define X \\"y\\"")\nmidl_pragma warning(disable: 1)\n')
    reporter = Reporter()
    sources = Sources([], reporter)
    declarations = parse(sources.open(path), sources, reporter)
    assert declarations is not None
    quote, pragma = declarations
    assert isinstance(quote, syntax.CppQuote)
    assert quote.text == '#define X \\"y\\"'
    assert isinstance(pragma, syntax.MidlPragma)
