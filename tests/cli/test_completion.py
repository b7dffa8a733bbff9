"""Shell completion: in a real bash; the other shells by what click answers them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PYORPC = Path(sys.executable).parent / "pyorpc"
SESSION = """
eval "$(pyorpc completion bash)"
COMP_WORDS=(pyorpc {words})
COMP_CWORD={number}
_pyorpc_completion pyorpc
printf '%s\\n' "${{COMPREPLY[@]}}"
complete -p pyorpc
"""


def ask(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [PYORPC, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=25,
        check=True,
    )
    return done.stdout


def in_bash(*words: str) -> list[str]:
    program = SESSION.format(words=" ".join(map(repr, words)), number=len(words))
    path = f"{PYORPC.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", program],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=25,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.processes
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("unreg",), ["unregister"]),
        (("idl", "for"), ["format"]),
        (("idl", "format", "--ch"), ["--check"]),
        (("completion", "f"), ["fish"]),
    ],
)
def test_bash_completes_commands_and_options(words: tuple[str, ...], found: list[str]) -> None:
    *completed, registered = in_bash(*words)
    assert completed == found
    assert registered.endswith("_pyorpc_completion pyorpc")


@pytest.mark.processes
def test_files_are_left_to_the_shell() -> None:
    asked = {"_PYORPC_COMPLETE": "bash_complete", "COMP_WORDS": "pyorpc idl check a"}
    assert ask({**asked, "COMP_CWORD": "3"}) == "file,a\n"
    asked = {"_PYORPC_COMPLETE": "bash_complete", "COMP_WORDS": "pyorpc idl check -I a"}
    assert ask({**asked, "COMP_CWORD": "4"}) == "dir,a\n"


@pytest.mark.processes
@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_told_what_commands_are_for(shell: str) -> None:
    assert f"_PYORPC_COMPLETE={shell}_complete" in ask({}, "completion", shell)
    asked = {"_PYORPC_COMPLETE": f"{shell}_complete", "COMP_WORDS": "pyorpc ps"}
    answer = ask({**asked, "COMP_CWORD": "ps" if shell == "fish" else "1"})
    assert "List the processes that serve objects." in answer


@pytest.mark.processes
def test_commands_are_completed_without_loading_them() -> None:
    program = (
        "import sys\nfrom pyorpc.cli.main import pyorpc\n"
        "import click.shell_completion as shells\n"
        "items = shells.ShellComplete(pyorpc, {}, 'pyorpc', 'X').get_completions([], 'c')\n"
        "print(*[item.value for item in items])\n"
        "print(*[name for name in ('lark', 'rich', 'pyorpc.cli.call') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=25, check=True
    )
    assert done.stdout.splitlines() == ["classes call calls completion", ""]
