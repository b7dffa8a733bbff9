from __future__ import annotations

from pyorpc.midl.doc.python_view import python_view

MODULE = '''
from x import y
A: Final = 3
B = 4
_hidden: int = 5
class S(Struct, frozen=True):
    """Of S."""
    a: Long = 0
class I(IUnknown):
    IID: ClassVar[Iid] = iid("x")
    @property
    def p(self) -> int: raise NotImplementedError
    @p.setter
    def p(self, value: int) -> None: raise NotImplementedError
    def None_(self, a: int = 7, *rest: str) -> None: raise NotImplementedError
'''


def test_classes_and_constants_are_seen_as_they_are_generated() -> None:
    view = python_view(MODULE)
    assert view.constants == {"A": "A: Final = 3", "B": "B = 4"}
    assert view.classes["S"].head == "class S(Struct)"
    assert view.classes["S"].lines_of("a") == ["a: Long = 0"]


def test_methods_are_shown_by_their_signature() -> None:
    found = python_view(MODULE).classes["I"]
    assert found.lines_of("p") == [
        "@property\ndef p(self) -> int",
        "@p.setter\ndef p(self, value: int) -> None",
    ]
    assert found.lines_of("None") == ["def None_(self, a: int=7, *rest: str) -> None"]
    assert found.lines_of("IID") == []
