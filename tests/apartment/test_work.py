"""Posted work has nobody to tell, sent work has somebody who waits."""

from __future__ import annotations

import logging

import pytest

from pyorpc.apartment.admission import ItemKind
from pyorpc.apartment.waits import ThreadWaiter
from pyorpc.apartment.work import PostedWork, SentWork
from pyorpc.errors import HRESULT, ComError

REFUSAL = ComError(HRESULT.RPC_E_DISCONNECTED, "the apartment has ended")


def divide(dividend: int, divisor: int) -> float:
    return dividend / divisor


def test_posted_work_runs_with_its_arguments() -> None:
    got: list[int] = []
    work = PostedWork(got.append, (7,))
    work.run()
    assert got == [7]
    assert (work.kind, work.causality) == (ItemKind.POSTED, None)


def test_what_posted_work_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    PostedWork(divide, (1, 0)).run()
    assert "posted work failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_posted_work_that_is_not_run_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        PostedWork(divide, (1, 0)).refuse(REFUSAL)
    assert "was not run" in caplog.text
    assert "the apartment has ended" in caplog.text


def test_sent_work_gives_its_result() -> None:
    work = SentWork(divide, (6, 3))
    assert not work.is_done
    work.run()
    assert work.is_done
    assert work.result() == 2.0
    assert (work.kind, work.causality) == (ItemKind.SENT, None)


def test_sent_work_gives_what_it_raised() -> None:
    work = SentWork(divide, (1, 0))
    work.run()
    with pytest.raises(ZeroDivisionError):
        work.result()


def test_sent_work_that_is_not_run_gives_the_refusal() -> None:
    work = SentWork(divide, (1, 0))
    work.refuse(REFUSAL)
    assert work.is_done
    with pytest.raises(ComError, match="the apartment has ended"):
        work.result()


def test_who_waits_for_sent_work_is_woken() -> None:
    work = SentWork(divide, (6, 3))
    work.waker = ThreadWaiter()
    work.run()
    assert work.waker.wait_for(work, 0)
    work.waker.wait(None)
