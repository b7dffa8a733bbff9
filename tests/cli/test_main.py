"""What the command `pyorpc` does before and after its subcommands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import click
import pytest

from pyorpc.cli import main as cli
from pyorpc.cli.lazy_group import Subcommand
from pyorpc.errors import HRESULT, ComError


def run_in_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pyorpc", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=25, check=False)


@pytest.fixture
def subcommand(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Replace the table of subcommands by one, `do`, that runs the given function."""

    def install(function: Callable[[], object]) -> None:
        command = click.command("do")(function)
        monkeypatch.setattr(sys.modules[__name__], "do", command, raising=False)
        table = {"do": Subcommand(f"{__name__}:do", "Do it.")}
        monkeypatch.setattr(cli.Commands, "subcommands", table)

    return install


def test_help_names_the_command_and_loads_no_subcommand() -> None:
    done = run_in_process("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: pyorpc [OPTIONS] COMMAND")
    assert done.stderr == ""


def test_the_version_is_that_of_the_package() -> None:
    done = run_in_process("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("pyorpc ")


def test_an_unknown_subcommand_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["no-such-thing"]) == 2
    assert "No such command 'no-such-thing'" in capsys.readouterr().err


def test_a_subcommand_whose_module_is_missing_is_not_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = {"soon": Subcommand("pyorpc.cli.never_written:soon", "Not yet.")}
    monkeypatch.setattr(cli.Commands, "subcommands", table)
    assert cli.run(["--help"]) == 0
    assert "soon" not in capsys.readouterr().out
    assert cli.run(["soon"]) == 2


@pytest.mark.parametrize("name", cli.SUBCOMMANDS)
def test_every_listed_subcommand_answers_help(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if not cli.SUBCOMMANDS[name].exists:
        return
    assert cli.run([name, "--help"]) == 0
    assert f"Usage: pyorpc {name}" in capsys.readouterr().out


Install = Callable[[Callable[[], object]], None]


def test_the_number_that_a_subcommand_returns_is_the_exit_code(subcommand: Install) -> None:
    subcommand(lambda: 7)
    assert cli.run(["do"]) == 7
    subcommand(lambda: None)
    assert cli.run(["do"]) == 0
    subcommand(lambda: click.get_current_context().exit(3))
    assert cli.run(["do"]) == 3


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        (ComError(HRESULT.E_FAIL, "in\ntwo lines"), "error: E_FAIL (0x80004005): in two lines\n"),
        (ComError(HRESULT.E_ACCESSDENIED), "error: E_ACCESSDENIED (0x80070005)\n"),
        (click.ClickException("that file is a picture"), "error: that file is a picture\n"),
        (FileNotFoundError(2, "No such file or directory", "a.idl"), "error: a.idl: No such file"),
    ],
)
def test_a_failure_is_one_line_and_exit_code_1(
    subcommand: Install, capsys: pytest.CaptureFixture[str], failure: Exception, line: str
) -> None:
    def fail() -> None:
        raise failure

    subcommand(fail)
    assert cli.run(["do"]) == 1
    assert capsys.readouterr().err.startswith(line)


def test_a_fault_of_ours_is_not_hidden(subcommand: Install) -> None:
    def fail() -> None:
        raise ConnectionResetError("nobody caught this")

    subcommand(fail)
    with pytest.raises(ConnectionResetError):
        cli.run(["do"])


def test_an_interrupt_is_quiet(subcommand: Install, capsys: pytest.CaptureFixture[str]) -> None:
    subcommand(lambda: os.kill(os.getpid(), signal.SIGINT))
    assert cli.run(["do"]) == 130
    assert capsys.readouterr().err.strip() == ""


def test_a_declined_question_is_a_failure(subcommand: Install) -> None:
    def decline() -> None:
        raise click.Abort

    subcommand(decline)
    assert cli.run(["do"]) == 1


def test_a_target_that_is_no_command_is_a_fault_of_ours() -> None:
    with pytest.raises(TypeError, match="is no click command"):
        Subcommand("pyorpc.cli.main:run", "").load()
