"""NDR: interface pointers whose IID is behind a pointer, in a struct, or comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Guid, IUnknown
from tests.conftest import Spawn
from tests.midl.good.iid_is_forms_idl import AsyncIIidForms, IIidForms, Named
from tests.midl.good.iid_is_idl import IBag
from tests.support.child import Parent
from tests.support.kinds import STOP
from tests.support.probe import in_apartment

T = TypeVar("T", bound=IUnknown)


class Bag(IBag):
    def Supports(self, riid: type[IUnknown] | Guid) -> Guid:
        assert riid is IBag
        return IBag.IID


class Forms(IIidForms):
    """Gives back the object that it gets, or a bag of its own."""

    def __init__(self) -> None:
        self.bag: Any = Bag()

    def ByPointers(self, ppiid: type[T] | Guid, object: IUnknown | None) -> T | None:  # noqa: A002
        assert ppiid is IBag
        found: Any = object
        typed: T | None = found
        return typed

    def ByAddress(self, iid_: type[T] | Guid) -> T | None:
        found: Any = self.bag if iid_ is IBag else None
        typed: T | None = found
        return typed

    def MayBeNull(self, piid: type[T] | Guid) -> T | None:
        return self.ByAddress(piid)

    def Best(self) -> tuple[Guid, IUnknown | None]:
        return IBag.IID, self.bag

    def Better(
        self,
        iid_: Guid,
        object: IUnknown | None,  # noqa: A002
    ) -> tuple[Guid, IUnknown | None, int]:
        assert (object is None) == (iid_ == IUnknown.IID)
        return IBag.IID, self.bag if object is None else object, 2

    def InStruct(self, named: Named) -> Named:
        assert isinstance(named.object, IBag)
        return named

    def Next(self, n: int, iid_: type[T] | Guid) -> tuple[list[T | None], int]:
        found: list[Any] = [self.bag, None][:n] if iid_ is IBag else []
        return found, len(found)


def serve_forms(test: Parent) -> None:
    """In a child process: serve until the test says stop."""
    with in_apartment(COINIT.MULTITHREADED):
        test.send(pyorpc.marshal_interface(Forms(), IIidForms))
        assert test.receive(300) == STOP


@pytest.fixture
def forms(spawn: Spawn) -> Iterator[IIidForms]:
    server = spawn(serve_forms)
    with in_apartment(COINIT.MULTITHREADED):
        yield pyorpc.unmarshal_interface(server.receive(), IIidForms)
    server.send(STOP)
    assert server.join() == 0


def test_an_iid_behind_pointers(forms: IIidForms) -> None:
    mine = Bag()
    assert forms.ByPointers(IBag, mine) is mine
    assert forms.ByPointers(IBag, None) is None
    bag = forms.ByAddress(IBag)
    assert bag is not None
    assert bag.Supports(IBag) == IBag.IID
    assert forms.MayBeNull(IBag) == bag
    assert forms.MayBeNull(IUnknown) is None


def test_an_iid_that_comes_back(forms: IIidForms) -> None:
    iid, bag = forms.Best()
    assert iid == IBag.IID
    assert isinstance(bag, IBag)
    mine = Bag()
    assert forms.Better(IBag.IID, mine) == (IBag.IID, mine, 2)
    assert forms.Better(IUnknown.IID, None) == (IBag.IID, bag, 2)
    call = pyorpc.create_call(forms, AsyncIIidForms)
    call.Begin_Best()
    assert call.Finish_Best() == (IBag.IID, bag)


def test_an_iid_behind_a_pointer_of_a_struct(forms: IIidForms) -> None:
    named = Named(IBag.IID, Bag())
    assert forms.InStruct(named) == named
    null: Any = None
    with pytest.raises(ComError) as failed:
        forms.InStruct(Named(null, None))
    assert failed.value.hresult == HRESULT.RPC_X_NULL_REF_POINTER


def test_an_iid_for_as_many_pointers_as_are_there(forms: IIidForms) -> None:
    bag = forms.ByAddress(IBag)
    assert forms.Next(5, IBag) == ([bag, None], 2)
    assert forms.Next(1, IBag) == ([bag], 1)
    assert forms.Next(5, IUnknown) == ([], 0)
