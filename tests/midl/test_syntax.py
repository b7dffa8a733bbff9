from __future__ import annotations

import msgspec
import pytest

from pyorpc.midl import syntax
from pyorpc.midl.syntax_parts import Node

NODES = [one for one in vars(syntax).values() if isinstance(one, type) and issubclass(one, Node)]
NODES.remove(Node)


@pytest.mark.parametrize("node", NODES, ids=str)
def test_every_node_has_a_place_and_a_description(node: type[Node]) -> None:
    names = {field.name for field in msgspec.structs.fields(node)}
    assert names & {"place", "name", "declarator", "spec"}
    assert node.__doc__


def test_there_are_nodes() -> None:
    assert syntax.Interface in NODES
    assert syntax.UnionType in NODES
