"""Board: the object that is called, and the arguments it is called with."""

from typing import Final

from pyorpc.benchmark.calls.board_idl import IBoard

# With its framing about as long as the body of the floors' message.
QUOTE: Final = ("ACME", 101.25, 300)


class Board(IBoard):
    """Gives each quote a number. Not thread-safe, and called from one thread at a time."""

    def __init__(self) -> None:
        self._posted = 0

    def Post(self, symbol: str, price: float, size: int) -> int:
        self._posted += 1
        return self._posted
