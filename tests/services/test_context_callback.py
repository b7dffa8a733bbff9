"""A context is entered from another apartment through a pointer like any other."""

from __future__ import annotations

from typing import Any

import pytest

from pyorpc import HRESULT, ComError
from pyorpc.errors import InvalidArgumentError
from pyorpc.services.context_callback import Errand, IContextCallback, InProcessMethod

METHOD = InProcessMethod("IContextCallback.run", 3, tuple[()], None)


class Here(IContextCallback):
    """A context that is no scope."""

    def run(self, fn: Any, *args: Any) -> Any:
        return fn(*args)


def test_the_hresult_of_the_function_comes_back() -> None:
    assert Here().ContextCallback(lambda data: None) == HRESULT.S_OK
    assert Here().ContextCallback(int, "1") == HRESULT.S_FALSE


def test_what_cannot_be_called_is_refused() -> None:
    nothing: Any = None
    with pytest.raises(InvalidArgumentError, match="fn: None cannot be called"):
        Here().ContextCallback(nothing)


def test_an_errand_brings_back_what_the_function_returned_or_raised() -> None:
    made = object()
    good, bad = Errand(lambda: made, ()), Errand(int, ("x",))
    for errand in (good, bad):
        errand.run_in(Here())
    assert good.result() is made
    with pytest.raises(ValueError, match="invalid literal"):
        bad.result()


def test_the_errand_itself_is_passed_inside_a_process_and_never_outside() -> None:
    args = (Errand(int, ()),)
    assert METHOD.copy_args(args) is args
    with pytest.raises(ComError, match="cannot go to another process") as refused:
        METHOD.encode_args(args)
    assert refused.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    assert refused.value.executed == "no"
    with pytest.raises(ComError, match="cannot go to another process"):
        METHOD.decode_args(b"\x90")
