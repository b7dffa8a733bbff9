"""A trio program serves another one; calls overlap, one is given up, and Ctrl-C ends it."""

from __future__ import annotations

import pytest

from tests.examples.running import run_example


@pytest.mark.processes
def test_calls_overlap_and_a_cancelled_scope_ends_the_task_in_the_other_process() -> None:
    printed = run_example("trio_service/main.py")

    assert "guest: 3 dishes are on the stove" in printed
    assert printed.index("guest: got salad") < printed.index("guest: got soup")
    assert "guest: gave up the roast: True" in printed
    assert "kitchen: roast taken off the stove" in printed
    assert "guest: 0 dishes are on the stove" in printed
    assert "kitchen: closed" in printed
