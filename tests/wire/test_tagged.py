from __future__ import annotations

import pytest

from pyorpc.errors import HRESULT, ComError
from pyorpc.wire.codec import Struct
from pyorpc.wire.tagged import held, no_arm, present, switched


class Choice(Struct, frozen=True):
    tag: int
    value: object


def test_the_tag_must_be_what_switch_is_says() -> None:
    one = Choice(1, "a")
    assert switched(one, 1, "one") is one
    with pytest.raises(ComError, match="its tag is 1, but its switch_is gives 2") as refused:
        switched(one, 2, "one")
    assert refused.value.hresult == HRESULT.RPC_S_INVALID_TAG


def test_a_tag_without_an_arm_names_the_union() -> None:
    error = no_arm("Shape", 7)
    assert (error.hresult, error.executed) == (HRESULT.RPC_S_INVALID_TAG, "no")
    assert error.description == "union Shape has no arm for the tag 7"


def test_an_empty_arm_is_the_senders_mistake_or_the_peers() -> None:
    assert held(0, "Shape.l") == present(0, "Shape.l") == 0
    with pytest.raises(ComError) as refused:
        held(None, "Shape.l")
    assert refused.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    with pytest.raises(ComError) as broken:
        present(None, "Shape.l")
    assert broken.value.hresult == HRESULT.RPC_X_BAD_STUB_DATA
