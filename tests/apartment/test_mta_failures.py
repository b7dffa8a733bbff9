"""What a pool refuses, and accidents of its threads: each item is answered once all the same."""

from __future__ import annotations

import logging

import pytest

from pyorpc.apartment.admission import ItemKind
from pyorpc.apartment.mta import Mta
from pyorpc.errors import HRESULT, ComError, DisconnectedError
from tests.support.gate import Gate
from tests.support.pool import MakeMta, Together, is_quiet, submitted, wait_for
from tests.support.waiting import DEADLINE_S, wait_until
from tests.support.work import Running, Work

# ---- refusing -------------------------------------------------------------------------------


def test_a_full_queue_refuses_calls_but_not_the_runtimes_own_errands(make_mta: MakeMta) -> None:
    mta, gate = make_mta(threads=1, max_queue=2), Gate()
    items = submitted(mta, Work(gate.stop_here))
    gate.wait_until_reached()
    items += submitted(mta, Work(), Work())
    with pytest.raises(ComError, match="full") as failure:
        mta.submit(Work())
    assert failure.value.hresult == HRESULT.RPC_E_SERVERCALL_RETRYLATER
    items += submitted(mta, Work(kind=ItemKind.RUNTIME))
    gate.open()
    wait_for(items)


def test_a_closed_mta_refuses_everything_and_starts_no_thread(make_mta: MakeMta) -> None:
    mta = make_mta()
    mta.close()
    for kind in ItemKind:
        with pytest.raises(DisconnectedError) as failure:
            mta.submit(Work(kind=kind))
        assert failure.value.hresult == HRESULT.CO_E_OBJNOTCONNECTED
    mta.start()
    assert mta.thread_count() == 0


def test_closing_refuses_what_waits_and_lets_finish_what_runs(make_mta: MakeMta) -> None:
    mta, gate = make_mta(threads=1), Gate()
    (running,) = submitted(mta, Work(gate.stop_here))
    gate.wait_until_reached()
    call, errand = submitted(mta, Work(), Work(kind=ItemKind.RUNTIME))
    mta.close()
    assert call.refusal.hresult == HRESULT.RPC_E_DISCONNECTED
    assert errand.ran
    assert not mta.join(0.01)
    gate.open()
    assert mta.join(DEADLINE_S)
    assert running.ran
    assert mta.thread_count() == 0


def test_a_thread_that_blocks_after_the_close_is_not_replaced(make_mta: MakeMta) -> None:
    mta, gate = make_mta(threads=1), Gate()

    def block() -> None:
        gate.stop_here()
        with mta.blocked():
            assert mta.thread_count() == 1

    (item,) = submitted(mta, Work(block))
    gate.wait_until_reached()
    mta.close()
    gate.open()
    wait_for([item])


@pytest.mark.parametrize("threads", [1, 4])
def test_closing_ends_every_idle_thread(make_mta: MakeMta, threads: int) -> None:
    for _ in range(10):
        mta, together = make_mta(threads=threads), Together(threads)
        wait_for(submitted(mta, *(Work(together) for _ in range(threads))))
        wait_until(lambda mta=mta: is_quiet(mta))  # type: ignore[misc]
        mta.close()
        wait_until(lambda mta=mta: mta.thread_count() == 0, "all end", 2)  # type: ignore[misc]


def test_a_pool_thread_may_close_its_own_apartment(make_mta: MakeMta) -> None:
    mta = make_mta()
    ended: list[bool] = []

    def end() -> None:
        mta.close()
        ended.append(mta.join(0.01))

    wait_for(submitted(mta, Work(end)))
    assert ended == [False]  # it is still running itself


def test_whatever_is_accepted_around_a_close_is_answered_once(make_mta: MakeMta) -> None:
    def submit_until_refused(mta: Mta, accepted: list[Work]) -> None:
        for _ in range(100_000):
            item = Work()
            try:
                mta.submit(item)
            except DisconnectedError:
                return
            except ComError:
                continue  # the queue is full for the moment
            accepted.append(item)

    for _ in range(20):
        mta = make_mta(threads=3, max_queue=50)
        accepted: list[Work] = []
        submitting = [Running(submit_until_refused, mta, accepted) for _ in range(2)]
        wait_until(lambda: len(accepted) > 30)  # noqa: B023  # called at once
        mta.close()
        for running in submitting:
            running.join()
        wait_for(accepted)
        assert mta.join(DEADLINE_S)
        assert [len(item.outcomes) for item in accepted] == [1] * len(accepted)


# ---- accidents ------------------------------------------------------------------------------


def test_a_thread_that_cannot_enter_says_so_and_is_not_counted(
    make_mta: MakeMta, caplog: pytest.LogCaptureFixture
) -> None:
    entering = iter([ZeroDivisionError("no entry"), None])

    def enter() -> None:
        if error := next(entering, None):
            raise error

    mta = make_mta(threads=1, enter_thread=enter)
    with caplog.at_level(logging.ERROR):
        mta.start()
        wait_until(lambda: mta.thread_count() == 0)
    assert "a pool thread of" in caplog.text
    assert "no entry" in caplog.text
    wait_for(submitted(mta, Work()))


def test_a_thread_that_dies_says_so_and_the_next_item_finds_another(
    make_mta: MakeMta, caplog: pytest.LogCaptureFixture
) -> None:
    def die() -> None:
        raise ZeroDivisionError("against the contract")

    mta = make_mta(threads=1)
    submitted(mta, Work(die))
    wait_until(lambda: mta.thread_count() == 0)
    assert "against the contract" in caplog.text
    wait_for(submitted(mta, Work()))
