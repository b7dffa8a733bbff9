from __future__ import annotations

from collections.abc import Iterator

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Pipe
from pyorpc.remoting.pipe_source import (
    CLOSE,
    MOST_WAITING,
    PULL,
    IPipeSource,
    PipeSource,
    PipeSourceProxy,
    source_of,
)
from pyorpc.wire.pipe_type import PipeType
from tests.support.apartment_thread import ApartmentThread
from tests.support.probe import in_apartment

BYTES: PipeType[bytes] = PipeType(bytes)


@pytest.fixture
def home() -> Iterator[ApartmentThread]:
    """Where the source lives; the test is in the MTA."""
    with in_apartment(COINIT.MULTITHREADED) as runtime:
        thread = ApartmentThread(runtime, COINIT.APARTMENTTHREADED)
        yield thread
        thread.close()


def proxy_of(home: ApartmentThread, source: PipeSource) -> PipeSourceProxy:
    packet = home.run(pyorpc.marshal_interface, source, IPipeSource, pyorpc.MSHCTX.INPROC)
    proxy = pyorpc.unmarshal_interface(packet, IPipeSource)
    assert isinstance(proxy, PipeSourceProxy)
    return proxy


def pull(proxy: PipeSourceProxy, index: int, most: int = 1000) -> bytes:
    piece: bytes = proxy.channel.call(PULL, (index, most))
    return piece


def test_a_pull_that_overtakes_another_waits_for_its_turn(home: ApartmentThread) -> None:
    proxy = proxy_of(home, source_of([b"abcdef", b"g"], BYTES, is_result=True))
    late = [proxy.channel.begin(PULL, (index, 4)) for index in (3, 1, 2)]
    assert pull(proxy, 0, 4) == b"abcd"
    found: list[bytes] = []
    for call in late:
        proxy.channel.await_call(call, None)
        found.append(call.result())
    assert found == [b"", b"ef", b"g"]


def test_a_pull_of_what_was_pulled_is_refused(home: ApartmentThread) -> None:
    proxy = proxy_of(home, source_of([b"a", b"b"], BYTES, is_result=True))
    assert pull(proxy, 0) == b"a"
    for index in (0, -1):
        with pytest.raises(ComError) as raised:
            pull(proxy, index)
        assert raised.value.hresult == HRESULT.E_INVALIDARG


def test_a_peer_that_asks_too_much_ahead_is_refused(home: ApartmentThread) -> None:
    pipe: Pipe[bytes] = Pipe()
    proxy = proxy_of(home, source_of(pipe.queue, BYTES, is_result=False))
    calls = [proxy.channel.begin(PULL, (at, 9)) for at in range(MOST_WAITING)]
    with pytest.raises(ComError) as raised:
        pull(proxy, MOST_WAITING)
    assert raised.value.hresult == HRESULT.E_INVALIDARG
    proxy.channel.call(CLOSE, ())
    for call in calls:
        proxy.channel.await_call(call, None)
        with pytest.raises(ComError) as raised:
            call.result()
        assert raised.value.hresult == HRESULT.RPC_X_PIPE_CLOSED
    with pytest.raises(ComError):
        pipe.Push(b"late")


@pytest.mark.parametrize(
    ("is_result", "code"),
    [(True, HRESULT.RPC_E_SERVERFAULT), (False, HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA)],
)
def test_a_chunk_that_does_not_fit_ends_the_pipe(
    home: ApartmentThread, is_result: bool, code: HRESULT
) -> None:
    proxy = proxy_of(home, source_of([b"a", "text", b"b"], BYTES, is_result=is_result))
    assert pull(proxy, 0) == b"a"
    for index in (1, 2):
        with pytest.raises(ComError) as raised:
            pull(proxy, index)
        assert raised.value.hresult == code


def test_any_exception_of_the_producer_ends_the_pipe(home: ApartmentThread) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"a"
        raise KeyError("why")

    proxy = proxy_of(home, source_of(chunks(), BYTES, is_result=True))
    assert pull(proxy, 0) == b"a"
    for index in (1, 2):
        with pytest.raises(ComError, match="why") as raised:
            pull(proxy, index)
        assert raised.value.hresult == HRESULT.RPC_E_SERVERFAULT


@pytest.mark.parametrize("chunks", [None, 5, b"bytes", "text"])
def test_what_is_no_iterable_of_chunks_is_refused(chunks: object) -> None:
    with pytest.raises(ComError) as raised:
        source_of(chunks, BYTES, is_result=False)
    assert raised.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
