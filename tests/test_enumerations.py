"""The values are COM's: they travel on the wire, so a slip here is an incompatibility."""

from __future__ import annotations

import subprocess
import sys
from enum import IntEnum, IntFlag
from typing import Any

import pytest

from pyorpc import enumerations
from pyorpc.enumerations import (
    APTTYPE,
    APTTYPEQUALIFIER,
    CALLTYPE,
    CLSCTX,
    COINIT,
    COWAIT,
    DISPATCH,
    EXTCONN,
    INFINITE,
    MSHCTX,
    MSHLFLAGS,
    PENDINGMSG,
    PENDINGTYPE,
    REGCLS,
    SERVERCALL,
    THDTYPE,
    VT,
)

VARIANT_TYPES = {
    "EMPTY": 0,
    "NULL": 1,
    "I2": 2,
    "I4": 3,
    "R4": 4,
    "R8": 5,
    "CY": 6,
    "DATE": 7,
    "BSTR": 8,
    "DISPATCH": 9,
    "ERROR": 10,
    "BOOL": 11,
    "VARIANT": 12,
    "UNKNOWN": 13,
    "DECIMAL": 14,
    "I1": 16,
    "UI1": 17,
    "UI2": 18,
    "UI4": 19,
    "I8": 20,
    "UI8": 21,
    "INT": 22,
    "UINT": 23,
    "VOID": 24,
    "HRESULT": 25,
    "PTR": 26,
    "SAFEARRAY": 27,
    "CARRAY": 28,
    "USERDEFINED": 29,
    "LPSTR": 30,
    "LPWSTR": 31,
    "RECORD": 36,
    "INT_PTR": 37,
    "UINT_PTR": 38,
    "FILETIME": 64,
    "BLOB": 65,
    "STREAM": 66,
    "STORAGE": 67,
    "STREAMED_OBJECT": 68,
    "STORED_OBJECT": 69,
    "BLOB_OBJECT": 70,
    "CF": 71,
    "CLSID": 72,
    "VERSIONED_STREAM": 73,
    "BSTR_BLOB": 4095,
    "VECTOR": 4096,
    "ARRAY": 8192,
    "BYREF": 16384,
    "RESERVED": 32768,
    "ILLEGAL": 65535,
    "ILLEGALMASKED": 4095,
    "TYPEMASK": 4095,
}
VALUES: dict[type[IntEnum | IntFlag], dict[str, int]] = {
    COINIT: {
        "MULTITHREADED": 0,
        "APARTMENTTHREADED": 2,
        "DISABLE_OLE1DDE": 4,
        "SPEED_OVER_MEMORY": 8,
    },
    APTTYPE: {"CURRENT": -1, "STA": 0, "MTA": 1, "NA": 2, "MAINSTA": 3},
    APTTYPEQUALIFIER: {
        "NONE": 0,
        "IMPLICIT_MTA": 1,
        "NA_ON_MTA": 2,
        "NA_ON_STA": 3,
        "NA_ON_IMPLICIT_MTA": 4,
        "NA_ON_MAINSTA": 5,
        "APPLICATION_STA": 6,
    },
    THDTYPE: {"BLOCKMESSAGES": 0, "PROCESSMESSAGES": 1},
    COWAIT: {
        "DEFAULT": 0,
        "WAITALL": 1,
        "ALERTABLE": 2,
        "INPUTAVAILABLE": 4,
        "DISPATCH_CALLS": 8,
    },
    CALLTYPE: {
        "TOPLEVEL": 1,
        "NESTED": 2,
        "ASYNC": 3,
        "TOPLEVEL_CALLPENDING": 4,
        "ASYNC_CALLPENDING": 5,
    },
    SERVERCALL: {"ISHANDLED": 0, "REJECTED": 1, "RETRYLATER": 2},
    PENDINGTYPE: {"TOPLEVEL": 1, "NESTED": 2},
    PENDINGMSG: {"CANCELCALL": 0, "WAITNOPROCESS": 1, "WAITDEFPROCESS": 2},
    MSHCTX: {"LOCAL": 0, "NOSHAREDMEM": 1, "DIFFERENTMACHINE": 2, "INPROC": 3, "CROSSCTX": 4},
    MSHLFLAGS: {"NORMAL": 0, "TABLESTRONG": 1, "TABLEWEAK": 2, "NOPING": 4},
    EXTCONN: {"STRONG": 1, "WEAK": 2, "CALLABLE": 4},
    CLSCTX: {
        "INPROC_SERVER": 0x1,
        "INPROC_HANDLER": 0x2,
        "LOCAL_SERVER": 0x4,
        "REMOTE_SERVER": 0x10,
        "NO_CUSTOM_MARSHAL": 0x1000,
        "NO_FAILURE_LOG": 0x4000,
        "FROM_DEFAULT_CONTEXT": 0x20000,
        "INPROC": 0x3,
        "SERVER": 0x15,
        "ALL": 0x17,
    },
    REGCLS: {
        "SINGLEUSE": 0,
        "MULTIPLEUSE": 1,
        "MULTI_SEPARATE": 2,
        "SUSPENDED": 4,
        "SURROGATE": 8,
        "AGILE": 0x10,
    },
    DISPATCH: {"METHOD": 1, "PROPERTYGET": 2, "PROPERTYPUT": 4, "PROPERTYPUTREF": 8},
    VT: VARIANT_TYPES,
}


@pytest.mark.parametrize("enumeration", VALUES, ids=lambda enumeration: enumeration.__name__)
def test_an_enumeration_has_the_members_and_values_of_com(
    enumeration: type[IntEnum | IntFlag],
) -> None:
    members = {name: int(member) for name, member in enumeration.__members__.items()}
    assert members == VALUES[enumeration]


def test_every_enumeration_of_the_file_is_in_the_table_above() -> None:
    declared = {
        value
        for value in vars(enumerations).values()
        if isinstance(value, type) and value.__module__ == enumerations.__name__
    }
    assert declared == set(VALUES)


def test_infinite_is_the_largest_unsigned_long() -> None:
    assert INFINITE == 2**32 - 1


def test_a_member_whose_value_is_zero_is_found_by_its_value() -> None:
    assert COINIT(0) is COINIT.MULTITHREADED
    assert MSHLFLAGS(0) is MSHLFLAGS.NORMAL


def test_flags_combine_and_stay_flags() -> None:
    flags = REGCLS.MULTIPLEUSE | REGCLS.SUSPENDED
    assert isinstance(flags, REGCLS)
    assert flags == 5
    assert REGCLS.SUSPENDED in flags


def test_bits_that_com_does_not_know_pass_through_unchanged() -> None:
    assert int(CLSCTX(0x800000 | 1)) == 0x800001


def test_the_file_imports_nothing_of_pyorpc() -> None:
    code = (
        "import importlib.util, sys;"
        f"spec = importlib.util.spec_from_file_location('alone', {enumerations.__file__!r});"
        "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module);"
        "print([name for name in sys.modules if name.startswith('pyorpc')])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert answer.stdout.strip() == "[]"


def test_types_of_variants_combine() -> None:
    both = VT.BYREF | VT.ARRAY | VT.I4
    assert both == 0x6003
    assert str(both) == "VT.BYREF|VT.ARRAY|VT.I4"
    assert both.base is VT.I4
    assert both & VT.BYREF == VT.BYREF
    assert VT(0x2003) == VT.ARRAY | VT.I4
    assert str(VT(0x2000 | 999)) == "VT.ARRAY|VT.999"
    wrong: list[Any] = [-1, 0x10000, "I4"]
    for none in wrong:
        with pytest.raises(ValueError, match="is not a valid VT"):
            VT(none)
