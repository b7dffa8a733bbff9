from pyorpc.benchmark.calls.board import QUOTE, Board
from pyorpc.benchmark.calls.board_idl import IBoardStub
from pyorpc.benchmark.floors.message import BODY


def test_quotes_are_numbered() -> None:
    board = Board()

    assert [board.Post(*QUOTE) for _ in range(3)] == [1, 2, 3]


def test_a_quote_is_about_as_long_as_the_body_of_the_floors_message() -> None:
    method, _ = IBoardStub.METHODS[3]

    assert abs(len(method.encode_args(QUOTE)) - len(BODY)) <= 3
