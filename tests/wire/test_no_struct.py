from __future__ import annotations

import pytest

from pyorpc.errors import HRESULT
from pyorpc.wire.codec import Struct
from pyorpc.wire.no_struct import no_struct, too_deep


class Spot(Struct, frozen=True):
    x: object


@pytest.mark.parametrize(
    ("value", "hresult", "text"),
    [
        (None, HRESULT.RPC_X_NULL_REF_POINTER, "None where Spot is wanted"),
        (5, HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, "5 is no Spot"),
        (Spot(None), HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, "Spot: a field is not"),
    ],
)
def test_it_says_what_is_wrong(value: object, hresult: HRESULT, text: str) -> None:
    error = no_struct(value, Spot, AttributeError("x"))
    assert (error.hresult, error.executed) == (hresult, "no")
    assert error.description.startswith(text)


def test_what_is_nested_too_deep_is_not_sent() -> None:
    error = too_deep(Spot)
    assert (error.hresult, error.executed) == (HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, "no")
    assert error.description.startswith("Spot: structs are nested too deep")
