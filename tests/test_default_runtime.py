from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from multiprocessing.connection import Connection

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from pyorpc.default_runtime import default_runtime, default_runtime_or_none


@pytest.fixture(autouse=True)
def _closed_afterwards() -> Iterator[None]:
    yield
    runtime = default_runtime_or_none()
    if runtime is not None:
        runtime.close()


def test_there_is_one_default_runtime_until_it_is_closed() -> None:
    assert default_runtime_or_none() is None
    first = default_runtime()
    assert first.is_default
    assert default_runtime() is first
    first.close()
    assert default_runtime_or_none() is None
    assert default_runtime() is not first


def test_threads_outside_com_use_the_default_runtimes_mta_only() -> None:
    with pyorpc.Runtime() as other, other.enter_apartment(COINIT.MULTITHREADED):
        assert default_runtime_or_none() is None


def _initialize_after_fork(answers: Connection) -> None:
    try:
        pyorpc.initialize()
        answers.send("initialized")
    except ComError as error:
        answers.send(str(error))


def test_a_forked_process_is_told_to_spawn() -> None:
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_initialize_after_fork, args=(theirs,))
    child.start()
    assert ours.poll(10)
    assert "spawn" in ours.recv()
    child.join(10)
    assert child.exitcode == 0


def test_settings_are_fixed_once_the_runtime_is_there() -> None:
    default_runtime()
    with pytest.raises(ComError) as late:
        pyorpc.configure(debug=True)
    assert late.value.hresult == HRESULT.E_UNEXPECTED
