from pyorpc.benchmark.calls.board import Board
from pyorpc.benchmark.calls.calling import APARTMENTS
from pyorpc.benchmark.calls.one_process import AtHome, ToNeutral
from pyorpc.enumerations import COINIT


def test_a_sample_makes_as_many_calls_as_its_subject_says() -> None:
    one, many, board = ToNeutral(), AtHome(), Board()

    one.calls(board)()
    many.calls(board)()

    assert board.Post("", 0.0, 0) == 1 + many.subject.calls_per_sample + 1


def test_a_workload_that_was_never_opened_can_be_closed() -> None:
    ToNeutral().close()


def test_apartments_go_by_their_usual_names() -> None:
    assert APARTMENTS == {"STA": COINIT.APARTMENTTHREADED, "MTA": COINIT.MULTITHREADED}
