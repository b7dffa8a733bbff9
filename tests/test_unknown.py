"""Interfaces are found by their IID for as long as they are loaded."""

from __future__ import annotations

import gc
from typing import Any, ClassVar

import pytest

from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.ids import Guid, Iid, iid
from pyorpc.unknown import IUnknown, iid_of, interface_for, name_of

IUNKNOWN = Guid("00000000-0000-0000-c000-000000000046")
NOBODYS = Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1aff")


class IReader(IUnknown):
    IID: ClassVar[Iid] = iid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1a11")


class ISeeker(IReader):
    IID: ClassVar[Iid] = iid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1a12")


class IWriter(IUnknown):
    IID: ClassVar[Iid] = iid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1a13")


class File(ISeeker):
    """An implementation."""


class BothWays(File, IWriter):
    """Of two interfaces."""


@pytest.mark.parametrize("iface", [IUnknown, IReader, ISeeker, IUNKNOWN, IReader.IID, ISeeker.IID])
def test_an_object_answers_what_it_implements_with_itself(iface: Any) -> None:
    file = File()
    assert file.QueryInterface(iface) is file


@pytest.mark.parametrize("iface", [IWriter, IWriter.IID, NOBODYS])
def test_an_object_refuses_what_it_does_not_implement(iface: Any) -> None:
    with pytest.raises(ComError, match="File does not implement ") as failure:
        File().QueryInterface(iface)
    assert failure.value.hresult == HRESULT.E_NOINTERFACE
    assert name_of(iface) in failure.value.description


def test_every_interface_of_an_object_leads_to_every_other() -> None:
    both = BothWays()
    assert both.QueryInterface(IWriter).QueryInterface(ISeeker).QueryInterface(IUnknown) is both


def test_an_interface_is_found_by_its_iid() -> None:
    assert interface_for(IUNKNOWN) is IUnknown
    assert interface_for(ISeeker.IID) is ISeeker
    assert interface_for(NOBODYS) is NOBODYS


def test_an_implementation_does_not_take_its_interfaces_place() -> None:
    assert interface_for(File.IID) is ISeeker


def test_an_interface_that_is_unloaded_is_forgotten() -> None:
    gone = iid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1a14")

    def load() -> None:
        class IGone(IUnknown):
            IID: ClassVar[Iid] = gone

        assert interface_for(gone) is IGone

    load()
    gc.collect()
    assert interface_for(gone) is gone


def test_a_module_that_is_loaded_again_takes_its_own_place() -> None:
    def load() -> type[IUnknown]:
        class IAgain(IUnknown):
            IID: ClassVar[Iid] = iid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1a15")

        return IAgain

    first, second = load(), load()
    assert first is not second
    assert interface_for(first.IID) is second


def test_an_iid_is_that_of_an_interface_or_itself() -> None:
    assert iid_of(IReader) == IReader.IID
    assert iid_of(File) == ISeeker.IID
    assert iid_of(NOBODYS) is NOBODYS


@pytest.mark.parametrize("wrong", [None, 7, "IReader", str(NOBODYS), object, int])
def test_what_is_no_interface_has_no_iid(wrong: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="is no interface: pass a generated") as failure:
        iid_of(wrong)
    assert failure.value.hresult == HRESULT.E_INVALIDARG


def test_texts_call_an_interface_by_its_class_or_else_its_iid() -> None:
    assert name_of(IReader) == name_of(IReader.IID) == "IReader"
    assert name_of(NOBODYS) == str(NOBODYS)
