"""The type names that need no declaration: the base types of IDL and the names of Windows."""

from __future__ import annotations

from pyorpc.midl.model import ScalarKind
from pyorpc.midl.resolve.declared import Base, CType, Pointer, VariantType, Void
from pyorpc.midl.words import words

_HANDLES = (
    "HANDLE HWND HDC HINSTANCE HMODULE HMENU HICON HCURSOR HBITMAP HBRUSH HFONT HKEY HGLOBAL HACCEL"
    " HPALETTE HRGN HMETAFILE HENHMETAFILE HMONITOR HTASK HDESK HMF HEMF HPEN HRSRC HSTR HWINSTA"
    " HKL HGDIOBJ HMETAFILEPICT HIMAGELIST HDWP handle_t"
)
HANDLES = words(_HANDLES)
_NUMBERS = {
    ScalarKind.BOOLEAN: "boolean BOOLEAN VARIANT_BOOL OLE_CANCELBOOL OLE_ENABLEDEFAULTBOOL"
    " OLE_OPTEXCLUSIVE",
    ScalarKind.BOOL: "BOOL WINBOOL",
    ScalarKind.BYTE: "byte BYTE UINT8 UCHAR uint8 uint8_t",
    ScalarKind.SMALL: "small INT8 int8_t",
    ScalarKind.SHORT: "short SHORT INT16 int16_t",
    ScalarKind.USHORT: "USHORT WORD UINT16 uint16_t LANGID ATOM VARTYPE CLIPFORMAT",
    ScalarKind.LONG: "long int LONG INT INT32 LONG32 int32_t __int32 DISPID MEMBERID"
    " OLE_XPOS_PIXELS OLE_YPOS_PIXELS OLE_XSIZE_PIXELS OLE_YSIZE_PIXELS OLE_XPOS_HIMETRIC"
    " OLE_YPOS_HIMETRIC OLE_XSIZE_HIMETRIC OLE_YSIZE_HIMETRIC",
    ScalarKind.ULONG: "ULONG DWORD UINT UINT32 ULONG32 DWORD32 uint32_t LCID COLORREF"
    " error_status_t OLE_COLOR OLE_HANDLE PROPID HREFTYPE",
    # Handles are numbers, pointers' widths are those of 64 bits.
    ScalarKind.HYPER: "hyper HYPER INT64 LONGLONG LONG64 __int64 int64_t LARGE_INTEGER INT_PTR"
    " LONG_PTR LPARAM LRESULT " + _HANDLES,
    ScalarKind.UHYPER: "ULONGLONG UINT64 ULONG64 DWORDLONG DWORD64 uint64_t ULARGE_INTEGER SIZE_T"
    " UINT_PTR ULONG_PTR DWORD_PTR WPARAM HANDLE_PTR",
    ScalarKind.FLOAT: "float FLOAT OLE_XPOS_CONTAINER OLE_YPOS_CONTAINER OLE_XSIZE_CONTAINER"
    " OLE_YSIZE_CONTAINER",
    ScalarKind.DOUBLE: "double DOUBLE",
    ScalarKind.HRESULT: "HRESULT SCODE",
    ScalarKind.GUID: "GUID CLSID UUID FMTID REFGUID REFCLSID REFFMTID",
    ScalarKind.STRING: "BSTR",
    ScalarKind.DATE: "DATE FILETIME",
    ScalarKind.CURRENCY: "CY CURRENCY",
    ScalarKind.DECIMAL: "DECIMAL",
}
# Words of a base type, in the order they are normalised to by `base_type`.
_WORDS: dict[tuple[str, ...], ScalarKind] = {
    ("char",): ScalarKind.CHAR,
    ("signed", "char"): ScalarKind.SMALL,
    ("unsigned", "char"): ScalarKind.BYTE,
    ("wchar_t",): ScalarKind.CHAR,
    ("byte",): ScalarKind.BYTE,
    ("boolean",): ScalarKind.BOOLEAN,
    ("float",): ScalarKind.FLOAT,
    ("double",): ScalarKind.DOUBLE,
    ("small",): ScalarKind.SMALL,
    ("short",): ScalarKind.SHORT,
    ("int",): ScalarKind.LONG,
    ("long",): ScalarKind.LONG,
    ("hyper",): ScalarKind.HYPER,
    ("unsigned", "small"): ScalarKind.BYTE,
    ("unsigned", "short"): ScalarKind.USHORT,
    ("unsigned", "int"): ScalarKind.ULONG,
    ("unsigned", "long"): ScalarKind.ULONG,
    ("unsigned", "hyper"): ScalarKind.UHYPER,
}
_SAME_WORD = {
    "__int8": "small",
    "__int16": "short",
    "__int32": "long",
    "__int64": "hyper",
    "__int3264": "hyper",
}
# A SAFEARRAY of which nobody says what it holds travels as a VARIANT does: it says so itself.
_VARIANTS = "VARIANT VARIANTARG PROPVARIANT SAFEARRAY LPSAFEARRAY"
_FILES = words(
    "wtypes.idl wtypesbase.idl unknwn.idl unknwnbase.idl objidl.idl objidlbase.idl oaidl.idl"
    " propidl.idl propidlbase.idl ocidl.idl guiddef.h basetsd.h basetsd.idl rpc.h rpcndr.h"
)
_POINTERS = "LPVOID PVOID LPCVOID"
_CHARACTERS = "CHAR CCHAR"
_TEXT_UNITS = "WCHAR OLECHAR TCHAR"
_STRINGS = "LPSTR LPCSTR PSTR PCSTR LPWSTR LPCWSTR PWSTR PCWSTR LPOLESTR LPCOLESTR"

SIZES = {
    ScalarKind.BOOLEAN: 1,
    ScalarKind.BOOL: 4,
    ScalarKind.BYTE: 1,
    ScalarKind.SMALL: 1,
    ScalarKind.CHAR: 1,
    ScalarKind.SHORT: 2,
    ScalarKind.USHORT: 2,
    ScalarKind.LONG: 4,
    ScalarKind.ULONG: 4,
    ScalarKind.HRESULT: 4,
    ScalarKind.FLOAT: 4,
    ScalarKind.HYPER: 8,
    ScalarKind.UHYPER: 8,
    ScalarKind.DOUBLE: 8,
    ScalarKind.DATE: 8,
    ScalarKind.CURRENCY: 8,
    ScalarKind.DECIMAL: 16,
    ScalarKind.GUID: 16,
}


def standard_type(name: str) -> CType | None:
    """Give the type that a predefined name stands for."""
    return _STANDARD.get(name)


def is_standard_file(name: str) -> bool:
    """True for the files of Windows that declare the predefined names as C has them."""
    return name.lower() in _FILES


def standard_names() -> list[str]:
    """Give all predefined names."""
    return list(_STANDARD)


def base_type(words: tuple[str, ...]) -> Base | None:
    """Give the type of `unsigned long int` and the like; None if the words make no type."""
    plain = [_SAME_WORD.get(word, word) for word in words]
    signs = [word for word in plain if word in ("signed", "unsigned")]
    rest = [word for word in plain if word not in ("signed", "unsigned")]
    if rest in (["long", "long"], ["long", "long", "int"]):
        rest = ["hyper"]
    if len(rest) == 2 and rest[1] == "int":
        rest = rest[:1] if rest[0] in ("small", "short", "long", "hyper") else rest
    if len(signs) > 1:
        return None
    key = (*signs, *(rest or ["int"]))
    if signs == ["signed"] and rest != ["char"]:
        if rest and rest[0] in ("byte", "boolean", "wchar_t", "float", "double"):
            return None
        key = key[1:]
    kind = _WORDS.get(key)
    return Base(kind, " ".join(words)) if kind is not None else None


def _standard() -> dict[str, CType]:
    found: dict[str, CType] = {
        name: Base(kind, name) for kind, names in _NUMBERS.items() for name in names.split()
    }
    found["IID"] = Base(ScalarKind.GUID, "IID", is_iid=True)
    found["REFIID"] = Base(ScalarKind.GUID, "REFIID", is_iid=True)
    # PDWORD and LPDWORD point to a DWORD, and so with the others of Windows.
    pointed = [(name, made) for name, made in found.items() if name.isupper()]
    for name, made in pointed:
        found[f"P{name}"] = found[f"LP{name}"] = found[f"LPC{name}"] = Pointer(made)
    for name in _VARIANTS.split():
        found[name] = VariantType(name)
    for name in _POINTERS.split():
        found[name] = Pointer(Void())
    for name in _CHARACTERS.split():
        found[name] = Base(ScalarKind.CHAR, name)
    for name in _TEXT_UNITS.split():
        found[name] = Base(ScalarKind.CHAR, name, is_text=True)
    for name in _STRINGS.split():
        found[name] = Pointer(Base(ScalarKind.CHAR, "WCHAR", is_text=True), is_string=True)
    return found


_STANDARD = _standard()
