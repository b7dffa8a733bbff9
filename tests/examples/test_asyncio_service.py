"""An asyncio thread as an STA: streams and calls on one thread, the lines in order."""

from __future__ import annotations

import re

import pytest

from tests.examples.running import run_example


@pytest.mark.processes
def test_every_listener_hears_every_caller_in_order_on_the_loops_thread() -> None:
    printed = run_example("asyncio_service/main.py")
    for listener in (1, 2):
        assert f"listener {listener} heard 3 of 3 callers, in order" in printed
    assert printed.count("announced 500 lines to 2 listeners") == 3
    assert re.search(r"2 listen; calls are served by thread \d+, which is asyncio's", printed)
