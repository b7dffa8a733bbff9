"""The files that ship with the compiler: what Windows's own files are imported for."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from pyorpc.midl.compile import Compiler
from pyorpc.midl.source import STANDARD_DIRECTORY
from tests.midl.compiling import UUID, Folder, interface

STANDARD = sorted(path.name for path in STANDARD_DIRECTORY.iterdir())
EXTERNAL = [name for name in STANDARD if name.endswith(".idl")]


def method(imports: str, parameters: str) -> str:
    lines = "".join(f'import "{name}";\n' for name in imports.split())
    return lines + interface(f"HRESULT F({parameters});")


@pytest.mark.parametrize("name", EXTERNAL)
def test_each_is_right_by_itself(name: str) -> None:
    compiler = Compiler([])
    assert compiler.check(STANDARD_DIRECTORY / name) is not None, compiler.reporter.render()


@pytest.mark.parametrize(
    ("imports", "parameters"),
    [
        ("unknwn.idl", "[in] POINT at, [in] RECT *area, [out] SIZE *size, [in] SYSTEMTIME time"),
        ("unknwn.idl", "[in] LPUNKNOWN one, [in] OLE_COLOR color, [in, unique] BLOB *blob"),
        ("objidl.idl", "[in] IStream *stream, [in] LPSTREAM same, [in] IStorage *storage"),
        ("objidl.idl", "[in] IEnumString *names, [out] IPersistFile **file, [in] IMoniker *name"),
        ("oaidl.idl", "[in] LPDISPATCH one, [out] IEnumVARIANT **all, [in] ITypeInfo *type"),
        ("oaidl.idl ocidl.idl", "[in] IPictureDisp *picture, [in] IFontDisp *font"),
        ("ocidl.idl", "[in] IConnectionPointContainer *from, [in] IServiceProvider *services"),
        ("oleidl.idl", "[in] IOleWindow *window, [in] IOleClientSite *site"),
        ("propidl.idl", "[in] PROPVARIANT *value, [in] IPropertyStorage *all"),
        ("inspectable.idl eventtoken.idl", "[in] EventRegistrationToken token, [in] HSTRING name"),
        ("unknwnbase.idl wtypesbase.idl objidlbase.idl", "[in] IStream *stream"),
    ],
)
def test_its_names_are_known(folder: Folder, imports: str, parameters: str) -> None:
    assert folder.texts(method(imports, parameters)) == []


def test_a_module_takes_them_from_the_framework(folder: Folder) -> None:
    text = folder.module_text(method("ocidl.idl", "[in] IStream *from, [in] POINT at"))
    assert "from pyorpc.interfaces.objidl_idl import IStream\n" in text
    assert "from pyorpc.interfaces.wtypes_idl import POINT\n" in text


@pytest.mark.parametrize("name", ["wtypes", "objidl", "oaidl", "ocidl", "oleidl", "servprov"])
def test_the_framework_has_their_modules(name: str) -> None:
    module = importlib.import_module(f"pyorpc.interfaces.{name}_idl")
    assert module.check_format is not None


def test_members_of_automation_have_their_ids_by_name(folder: Folder) -> None:
    head = f"[object, dual, uuid({UUID}01)] interface IThings : IDispatch"
    body = "[id(DISPID_NEWENUM), propget] HRESULT _NewEnum([out, retval] IUnknown **all);"
    body += "[id(DISPID_VALUE)] HRESULT Item([in] long at);"
    body += "[id(DISPID_BACKCOLOR), propget] HRESULT BackColor([out, retval] OLE_COLOR *color);"
    text = folder.module_text(f'#include "olectl.h"\nimport "oaidl.idl";\n{head} {{ {body} }}')
    for dispid, name in ((-4, "_NewEnum"), (0, "Item"), (-501, "BackColor")):
        assert f'Member({dispid}, "{name}"' in text


@pytest.mark.parametrize(
    "own",
    [
        "typedef struct tagPOINT { double x; double y; } POINT;",
        "typedef enum { POINT_ONE, POINT_TWO } POINT;",
        "typedef double POINT;",
    ],
)
def test_a_struct_gives_way_to_one_of_the_users_own(folder: Folder, own: str) -> None:
    text = folder.module_text(
        f'import "unknwn.idl";\n{own}\n{interface("HRESULT F([in] POINT at);")}'
    )
    assert "wtypes_idl" not in text


def test_a_constant_gives_way_to_one_of_the_users_own(folder: Folder) -> None:
    text = folder.module_text('import "oaidl.idl";\nconst long DISPID_VALUE = 7;\n')
    assert "DISPID_VALUE: Final = 7\n" in text


def test_an_interface_does_not_give_way(folder: Folder) -> None:
    body = f"[object, uuid({UUID}07)] interface IDispatch : IUnknown {{ HRESULT F(); }}"
    assert folder.refusals(f'import "oaidl.idl";\n{body}') == ["2:64 ORPC0201"]


def test_files_of_an_include_folder_come_first(tmp_path: Path) -> None:
    """Also where a standard file imports them: else there would be two of each declaration."""
    windows = tmp_path / "windows"
    windows.mkdir()
    declared = f"[object, uuid({UUID}05)] interface IOfTheirs : IUnknown {{ HRESULT F(); }}"
    (windows / "oaidl.idl").write_text(f'import "unknwn.idl";\n{declared}\n')
    path = tmp_path / "thing.idl"
    path.write_text(
        'import "servprov.idl";\nimport "propidl.idl";\n'
        + interface("HRESULT F([in] IOfTheirs *one);")
    )
    compiler = Compiler([windows])
    assert compiler.check(path) is not None, compiler.reporter.render()
