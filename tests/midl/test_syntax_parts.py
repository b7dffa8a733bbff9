from __future__ import annotations

import pytest

from pyorpc.midl import syntax, syntax_parts


@pytest.mark.parametrize("name", [one for one in vars(syntax_parts) if one[0].isupper()])
def test_syntax_has_every_part(name: str) -> None:
    if name not in ("Node", "Place"):
        assert getattr(syntax, name) is getattr(syntax_parts, name)
