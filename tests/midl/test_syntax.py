from __future__ import annotations

import dataclasses

import pytest

from pyorpc.midl import syntax

NODES = [one for one in vars(syntax).values() if dataclasses.is_dataclass(one)]


@pytest.mark.parametrize("node", NODES, ids=str)
def test_every_node_has_a_place_and_a_description(node: type) -> None:
    names = {field.name for field in dataclasses.fields(node)}
    assert names & {"place", "name", "declarator"}
    assert node.__doc__
