from __future__ import annotations

import threading

import pytest

from pyorpc import HRESULT, ComError
from pyorpc.remoting.chunk_queue import CREDIT, ChunkQueue
from pyorpc.wire.numbers import Long
from pyorpc.wire.pipe_type import PipeType
from tests.support.waiting import DEADLINE_S, wait_until


class Pusher:
    """A thread that pushes, and how that ended."""

    def __init__(self, queue: ChunkQueue, *chunks: object) -> None:
        self._queue = queue
        self._chunks = chunks
        self.pushed = 0
        self.error: ComError | None = None
        self._thread = threading.Thread(target=self._push)
        self._thread.start()

    def _push(self) -> None:
        try:
            for chunk in self._chunks:
                self._queue.push(chunk)
                self.pushed += 1
        except ComError as error:
            self.error = error

    def join(self) -> None:
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()


def test_a_push_waits_while_the_credit_is_used_up() -> None:
    queue = ChunkQueue()
    block = bytes(CREDIT // 4)
    pusher = Pusher(queue, *[block] * 6, b"")
    wait_until(lambda: pusher.pushed == 4)
    assert queue.next_chunk() == block
    wait_until(lambda: pusher.pushed == 5)
    for _ in range(5):
        assert queue.next_chunk() == block
    assert queue.next_chunk() is None
    pusher.join()


def test_a_close_ends_the_push_that_waits_and_those_that_follow() -> None:
    queue = ChunkQueue()
    pusher = Pusher(queue, bytes(CREDIT), b"more")
    wait_until(lambda: pusher.pushed == 1)
    queue.close(ComError(HRESULT.E_ABORT, "enough"))
    pusher.join()
    assert pusher.error is not None
    assert pusher.error.hresult == HRESULT.E_ABORT
    with pytest.raises(ComError, match="enough"):
        queue.push(b"again")
    with pytest.raises(ComError, match="enough"):
        queue.next_chunk()


def test_a_pull_waits_for_a_push() -> None:
    queue = ChunkQueue()
    found: list[object] = []
    puller = threading.Thread(target=lambda: found.append(queue.next_chunk()))
    puller.start()
    queue.push([1, 2])
    puller.join(DEADLINE_S)
    assert found == [[1, 2]]


def test_chunks_are_checked_as_soon_as_their_kind_is_known() -> None:
    queue, kind = ChunkQueue(), PipeType[list[int]](Long)
    queue.push([1])
    queue.push([2**40])
    with pytest.raises(ComError) as raised:
        queue.serve(kind, lambda: None)
    assert raised.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    queue = ChunkQueue()
    queue.serve(kind, lambda: None)
    with pytest.raises(ComError) as raised:
        queue.push([2**40])
    assert raised.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    queue.push([3])  # what was refused is not in it
    assert list(queue.take() or ()) == [3]


def test_who_takes_the_chunks_is_told_of_each_change() -> None:
    queue = ChunkQueue()
    told: list[bool] = []
    queue.serve(PipeType[bytes](bytes), lambda: told.append(queue.is_ready))
    queue.push(b"a")
    queue.push(b"")
    assert told == [True, True]


def test_only_one_call_may_take_the_chunks() -> None:
    queue = ChunkQueue()
    queue.serve(PipeType[bytes](bytes), lambda: None)
    with pytest.raises(ComError) as raised:
        queue.serve(PipeType[bytes](bytes), lambda: None)
    assert raised.value.hresult == HRESULT.E_INVALIDARG
