from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pyorpc import HRESULT, ComError, Pipe
from tests.support.waiting import DEADLINE_S


def test_a_pull_gives_at_most_what_was_asked_for() -> None:
    pipe = Pipe([[1, 2, 3], [], [4]])
    assert [pipe.Pull(2) for _ in range(5)] == [[1, 2], [3], [4], [], []]


def test_iterating_gives_the_chunks_and_the_rest_of_one() -> None:
    pipe = Pipe([b"abc", b"de"])
    assert pipe.Pull(1) == b"a"
    assert list(pipe) == [b"bc", b"de"]
    assert list(pipe) == []
    assert pipe.Pull(1) == b""


def test_a_pull_of_nothing_is_refused() -> None:
    with pytest.raises(ComError) as raised:
        Pipe([b"a"]).Pull(0)
    assert raised.value.hresult == HRESULT.E_INVALIDARG


def test_what_one_thread_pushes_another_pulls() -> None:
    pipe: Pipe[list[int]] = Pipe()

    def push() -> None:
        for number in range(100):
            pipe.Push([number])
        pipe.Push([])

    pusher = threading.Thread(target=push)
    pusher.start()
    assert [chunk[0] for chunk in pipe] == list(range(100))
    pusher.join(DEADLINE_S)


def test_a_pipe_of_an_iterable_takes_no_push() -> None:
    with pytest.raises(ComError) as raised:
        Pipe([b"a"]).Push(b"b")
    assert raised.value.hresult == HRESULT.E_NOTIMPL


def test_a_closed_pipe_closes_its_iterable_and_gives_nothing_more() -> None:
    closed: list[bool] = []

    def chunks() -> Iterator[bytes]:
        try:
            yield b"ab"
            yield b"c"
        finally:
            closed.append(True)

    with Pipe(chunks()) as pipe:
        assert pipe.Pull(1) == b"a"
        assert closed == []
    assert closed == [True]
    pipe.close()
    with pytest.raises(ComError) as raised:
        pipe.Pull(1)
    assert raised.value.hresult == HRESULT.RPC_X_PIPE_CLOSED


def test_a_push_into_a_closed_pipe_fails() -> None:
    pipe: Pipe[bytes] = Pipe()
    pipe.Push(b"a")
    pipe.close()
    with pytest.raises(ComError) as raised:
        pipe.Push(b"b")
    assert raised.value.hresult == HRESULT.RPC_X_PIPE_CLOSED
