"""How every apartment says no."""

from __future__ import annotations

from pyorpc.apartment.apartment import Apartment, ApartmentKind, WorkItem
from pyorpc.errors import HRESULT
from pyorpc.ids import Oxid


class Closet(Apartment):
    """The smallest apartment."""

    kind = ApartmentKind.STA

    def submit(self, item: WorkItem) -> None:
        raise self.closed_error()

    def close(self) -> None:
        self.is_closed = True

    def is_current_thread(self) -> bool:
        return False

    def queue_length(self) -> int:
        return 0


def test_an_apartment_is_named_by_its_oxid() -> None:
    assert repr(Closet(Oxid(0xAB), "STA")) == "<STA 00000000000000ab>"


def test_every_refusal_says_that_nothing_was_executed_and_by_whom() -> None:
    closet = Closet(Oxid(0xAB), "STA")
    errors = [closet.closed_error(), closet.gone_error(), closet.full_error(7)]
    assert [error.hresult for error in errors] == [
        HRESULT.CO_E_OBJNOTCONNECTED,
        HRESULT.RPC_E_DISCONNECTED,
        HRESULT.RPC_E_SERVERCALL_RETRYLATER,
    ]
    assert {error.executed for error in errors} == {"no"}
    assert all("<STA 00000000000000ab>" in error.description for error in errors)
    assert not closet.is_closed
