"""`pyorpc idl lsp` as it is started; what it serves is in test_language_server.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=25, check=False
    )


@pytest.mark.processes
def test_without_its_extra_it_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['pygls'] = None\n"
        "from pyorpc.cli.main import run; sys.exit(run(['idl', 'lsp']))"
    )
    done = run("-c", program)
    assert done.returncode == 1
    assert done.stderr == (
        "error: the language server needs pygls; install it with: pip install 'pyorpc[lsp]'\n"
    )


@pytest.mark.processes
def test_a_folder_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    done = run("-m", "pyorpc", "idl", "lsp", "-I", str(tmp_path / "nowhere"))
    assert done.returncode == 2


@pytest.mark.processes
def test_other_commands_do_not_load_it() -> None:
    program = (
        "import sys; from pyorpc.cli.main import run; run(['idl', '--help'])\n"
        "print([name for name in ('pygls', 'lsprotocol', 'asyncio') if name in sys.modules])"
    )
    assert run("-c", program).stdout.endswith("[]\n")
