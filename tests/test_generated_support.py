"""What generated modules rely on is there, under the names that they import."""

from __future__ import annotations

import pytest

from pyorpc import generated_support
from pyorpc.generated_support import FORMAT, check_format

# A name may be added; one that goes breaks modules that were generated before, and raises FORMAT.
OF_FORMAT_1 = {
    "HRESULT",
    "Byte",
    "CallObject",
    "Channel",
    "Char",
    "Float",
    "Guid",
    "Hyper",
    "IUnknown",
    "Iid",
    "InterfaceProxy",
    "InterfaceStub",
    "Long",
    "Method",
    "ObjRef",
    "OpenIntEnum",
    "OpenIntFlag",
    "Short",
    "Small",
    "Struct",
    "UHyper",
    "ULong",
    "UShort",
    "check_format",
    "iid",
    "iid_of",
    "interface_for",
    "sized",
    "sized_bytes",
}


def test_every_name_of_the_format_is_there() -> None:
    assert FORMAT == 1
    assert set(generated_support.__all__) >= OF_FORMAT_1
    assert [
        name for name in generated_support.__all__ if not hasattr(generated_support, name)
    ] == []


def test_a_module_of_this_format_is_imported() -> None:
    check_format(FORMAT)


@pytest.mark.parametrize("generated", [FORMAT - 1, FORMAT + 1])
def test_a_module_of_another_format_says_what_to_do(generated: int) -> None:
    with pytest.raises(ImportError, match=f"format {generated}; this pyorpc reads {FORMAT}. Run"):
        check_format(generated)
