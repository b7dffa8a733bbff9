from __future__ import annotations

from pyorpc.remoting.dispatch import IDispatch
from pyorpc.unknown import interface_for


def test_it_is_known_by_its_iid() -> None:
    assert interface_for(IDispatch.IID) is IDispatch
