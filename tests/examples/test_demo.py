"""`make demo` tells its story and leaves no process behind, also when it is interrupted."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.examples.running import EXAMPLES, run_example
from tests.support.child import ROOT

PICTURES = ROOT / "build" / "demo"


def check_story(printed: str) -> None:
    assert printed.count("is as committed") == 4
    assert printed.count("25 of 25 posted") == 8
    assert "ProgrammingError" in printed
    assert "RPC_E_CALL_CANCELED" in printed
    assert "in sys.modules: False, in memory: False" in printed
    assert "stopped the SCM" in printed
    for package in ("asyncio", "email", "json", "unittest"):
        assert (PICTURES / f"{package}.png").stat().st_size > 1000


@pytest.mark.processes
@pytest.mark.timeout(90)
def test_the_demo_goes_through_all_examples() -> None:
    check_story(run_example("demo.py", "--no-costs", timeout_s=80))


@pytest.mark.nightly
@pytest.mark.timeout(150)
def test_the_demo_ends_with_the_costs_and_says_where_the_picture_is() -> None:
    (PICTURES / "call_cost.png").unlink(missing_ok=True)
    printed = run_example("demo.py", timeout_s=120)
    check_story(printed)
    assert "What a call costs" in printed
    assert (PICTURES / "call_cost.png").exists()
    place = re.search(r"The pictures are in (\S+)", printed)
    assert place is not None
    assert place[1] == str(PICTURES)


@pytest.mark.processes
def test_an_interrupted_demo_ends_what_it_has_started() -> None:
    command = [sys.executable, str(EXAMPLES / "demo.py"), "--no-costs"]
    # As a terminal does: the signal goes to the whole group, which begins with the demo.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "25 of 25 posted" in line:  # the SCM and a server of its are there now
                break
        os.killpg(demo.pid, signal.SIGINT)
        printed, _ = demo.communicate(timeout=20)
    assert demo.returncode == 130, printed
    assert "interrupted" in printed
    assert "stopped the SCM" in printed
