from __future__ import annotations

from pyorpc.midl.resolve.declared import Void
from pyorpc.midl.resolve.siblings import Sibling, Siblings


def test_a_close_sibling_is_suggested() -> None:
    one = Sibling(Void(), is_in=True, is_out=False, is_nullable=False)
    siblings = Siblings("parameter", {"count": one})
    assert siblings.hint("coutn") == "; did you mean 'count'?"
    assert siblings.hint("x") == ""
