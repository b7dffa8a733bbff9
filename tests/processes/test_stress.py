"""Processes that use each other at random, by seed: every call is answered, nothing is left.

Other seeds, longer: `python -m tests.support.stress --help`. A failure says its seed, which gives
the same schedule again, though not the same interleaving.
"""

from __future__ import annotations

from itertools import islice, product
from pathlib import Path

import pytest

from tests.support.stress.ledger import BEGUN, RETURNED, Books, Ledger
from tests.support.stress.run import Run
from tests.support.stress.schedule import (
    FREE,
    LONGEST_FREEZE_S,
    ROUGH,
    Verb,
    actions,
    host_rank_of,
    may_call,
    rank_of,
    troubles,
)

PROCESSES = 3


def stress(place: Path, seed: int, seconds: float, *, is_calm: bool) -> None:
    report = Run(seed, seconds, PROCESSES, place, is_calm=is_calm).go()
    print(report)
    assert report.failures == []
    assert report.calls > 0


@pytest.mark.processes
@pytest.mark.timeout(150)
@pytest.mark.parametrize("seed", [1])
def test_nothing_fails_that_was_not_told_to(home: Path, seed: int) -> None:
    stress(home.parent / "run", seed, 4, is_calm=True)


@pytest.mark.processes
@pytest.mark.timeout(150)
@pytest.mark.parametrize("seed", [1])
def test_processes_are_killed_frozen_and_replaced_meanwhile(home: Path, seed: int) -> None:
    stress(home.parent / "run", seed, 6, is_calm=False)


@pytest.mark.nightly
@pytest.mark.parametrize(("seed", "is_calm"), list(product(range(100, 130), [True, False])))
def test_many_seeds(home: Path, seed: int, is_calm: bool) -> None:
    stress(home.parent / "run", seed, 10, is_calm=is_calm)


# ---- what the run stands on ---------------------------------------------------------------------


def test_a_seed_gives_the_same_schedule_again() -> None:
    once, again = (list(islice(actions("7", is_calm=False), 2_000)) for _ in range(2))
    assert once == again
    assert {action.verb for action in once} == set(Verb)
    assert once != list(islice(actions("8", is_calm=False), 2_000))
    calm = islice(actions("7", is_calm=True), 2_000)
    assert not ROUGH & {action.verb for action in calm}


def test_troubles_come_in_order_and_are_short() -> None:
    found = troubles("7", processes=3, seconds=20)
    assert found == sorted(found, key=lambda trouble: trouble.at_s)
    assert all(0 < trouble.at_s < 20 and trouble.slot in range(3) for trouble in found)
    assert all(trouble.lasts_s <= LONGEST_FREEZE_S for trouble in found)


def test_calls_that_wait_go_from_lower_to_higher_ranks() -> None:
    low, high, host = rank_of(0, 2), rank_of(1, 0), host_rank_of(0)
    assert may_call([], low)
    assert may_call([low], high)
    assert may_call([low, high], host)
    assert may_call([high], FREE)
    assert may_call([low, high], low), "a callback enters an STA that waits"
    assert not may_call([high], low)
    assert not may_call([host_rank_of(1)], host)


def test_the_ledgers_tell_where_callers_were_told_what_did_not_happen(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "1.1")
    for token, ran, told in (
        ("1.1/a", 1, RETURNED),
        ("1.1/b", 0, "no"),
        ("1.1/c", 0, "unknown"),
        ("1.1/d", 1, "unknown"),
        ("1.1/wrong no", 1, "no"),
        ("1.1/wrong yes", 0, "yes"),
        ("1.1/twice", 2, RETURNED),
        ("1.1/unanswered", 1, ""),
    ):
        ledger.told(token.replace(" ", "_"), BEGUN)
        for _ in range(ran):
            ledger.ran(token.replace(" ", "_"))
        if told:
            ledger.told(token.replace(" ", "_"), told)
    ledger.close()
    books = Books(tmp_path)
    assert [text.split()[0] for text in books.contradictions()] == [
        "1.1/twice",
        "1.1/wrong_no",
        "1.1/wrong_yes",
    ]
    assert books.unanswered(set()) == ["1.1/unanswered"]
    assert books.unanswered({"1.1"}) == []
