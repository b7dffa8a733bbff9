"""Makes the reference of IDL that is written in a test."""

from __future__ import annotations

from pathlib import Path

from pyorpc.midl.compile import Compiler
from pyorpc.midl.doc.links import Links
from pyorpc.midl.doc.python_view import python_view
from pyorpc.midl.doc.reference import Reference, reference_of
from pyorpc.midl.outline.symbol import symbols_of

SHOP = """\
// A shop & its <things>.
// On two lines.
import "unknwn.idl";

/// How warm `it` is.
typedef enum tagHeat {
    COLD,
    /// Not | cold.
    HOT = 4,
} Heat;

/// A *thing*.
typedef struct tagThing {
    /// Its <name>.
    BSTR class;
    Heat heat;
} Thing, *ThingPointer;

const long MOST = 0x10;

/// Sells.
///
/// For money.
[
    object,
    uuid(7D0F4A10-0D00-4B6E-8A53-2F0D8C1E9B01),
    async_uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b02)
]
interface IShop : IUnknown
{
    /// Sell one.
    HRESULT Sell([in] Thing *thing, [in, defaultvalue(7)] long price, [out, retval] Heat *heat);
    [helpstring("Closed & done.")] HRESULT None();
};
"""


def reference(folder: Path, text: str = SHOP, name: str = "shop.idl") -> Reference:
    path = folder / name
    path.write_text(text)
    compiler = Compiler([])
    module = compiler.compile(path, folder)
    assert module is not None, compiler.reporter.render()
    source = compiler.source(path)
    declarations = compiler.syntax_of(source)
    return reference_of(source, declarations, symbols_of(declarations), python_view(module.text))


def links(*pages: tuple[str, Reference]) -> Links:
    return Links(pages)
