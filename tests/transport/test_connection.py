"""A Connection is the same thing to both ends: one that dialled and one that was dialled."""

from __future__ import annotations

from pyorpc.transport.connection import Break
from tests.support.sockets import End, Ends, receive_until, sockets


def test_both_ends_of_a_connection_can_send() -> None:
    ends, end = Ends(), End()
    with sockets() as made:
        listening, connecting, connection = made.pair(ends, end)
        connection.send((b"to", b"you"))
        receive_until(listening, lambda: ends.messages)
        accepted = ends.all[0].connection
        assert accepted is not None
        accepted.send((b"and", b"back"))
        receive_until(connecting, lambda: end.messages)
        assert ends.messages == [[b"to", b"you"]]
        assert end.messages == [[b"and", b"back"]]
        assert connection.identity is None
        assert accepted.identity
        assert (connection.port, accepted.port) == (connecting, listening)


def test_a_connection_that_is_broken_off_says_why_once() -> None:
    ends, end = Ends(), End()
    with sockets() as made:
        _, connecting, connection = made.pair(ends, end)
        assert connection.broken is None
        connection.break_off(Break.CUT)
        connection.break_off(Break.PEER_ENDED)
        receive_until(connecting, lambda: end.breaks and not connecting.has_breaks)
        assert end.breaks == [Break.CUT]
        assert connection.broken is Break.CUT


def test_a_closed_connection_is_closed_for_good() -> None:
    with sockets() as made:
        *_, connection = made.pair(Ends(), End())
        connection.close()
        connection.close()
        assert connection.raw.is_closed


def test_every_way_to_break_has_a_text() -> None:
    assert all(why.value for why in Break)
