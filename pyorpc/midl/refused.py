"""A refusal on the way from the parser to the one who reports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyorpc.midl.mistakes import Mistake
    from pyorpc.midl.source import Place


class Refused(Exception):  # noqa: N818  # no error of the program: the parser reports it
    """What is wrong with a piece of text that a node was to be built of."""

    def __init__(self, mistake: Mistake, place: Place, **values: object) -> None:
        super().__init__(mistake, place, values)
        self.mistake = mistake
        self.place = place
        self.values = values
