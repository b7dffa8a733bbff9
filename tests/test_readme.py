"""Every code block of the README is run, in order, as a new user would: real processes, deadlines.

How a page's blocks are run (tests/test_docs.py runs the other pages so):
- after `<!-- file: NAME -->` a block is that file; other Python blocks are programs, which must
  end well; other IDL blocks are checked by the compiler;
- a `console` block is a session: `$ ` begins a command, what follows is its output, in which `...`
  stands for anything; a session that ends with `^C` stays until the next such one, or the end;
- after `<!-- exit: N -->` its last command ends with that code;
- in an `sh` block `make` targets must exist; `text` blocks are pictures.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from pyorpc.cli.main import SUBCOMMANDS, run
from tests.conftest import _processes_of
from tests.support.waiting import DEADLINE_S, wait_until

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
LANGUAGES = {"console", "idl", "python", "sh", "text"}
_DIRECTIVE = re.compile(r"<!-- (file|exit): (\S+) -->")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    text: str
    line: int
    file: str = ""
    exit: int = 0


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found: list[Block] = []
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), 1))
    directives: dict[str, str] = {}
    for number, line in lines:
        if directive := _DIRECTIVE.fullmatch(line.strip()):
            directives[directive[1]] = directive[2]
        elif line.startswith("```"):
            inside = _until_fence(lines)
            file, code = directives.get("file", ""), int(directives.get("exit", "0"))
            found.append(Block(line[3:].strip(), "\n".join(inside) + "\n", number, file, code))
            directives = {}
    return found


def _until_fence(lines: Iterator[tuple[int, str]]) -> list[str]:
    inside: list[str] = []
    for _, line in lines:
        if line.startswith("```"):
            return inside
        inside.append(line)
    raise AssertionError("a fence is not closed")


@dataclass(frozen=True)
class Command:
    """A command of a session, and what it is to write."""

    argv: list[str]
    expected: str

    @classmethod
    def of(cls, lines: list[str]) -> Self:
        return cls(shlex.split(lines[0].removeprefix("$ ")), "\n".join(lines[1:]))

    def is_answered_by(self, output: str) -> bool:
        """Whether the output is the expected one; spaces at the end and their number are free."""
        parts = [_squeezed(part) for part in self.expected.split("...")]
        pattern = ".*".join(map(re.escape, parts))
        return bool(re.fullmatch(rf"\s*{pattern}\s*", _squeezed(output), re.DOTALL))


def _squeezed(text: str) -> str:
    return "\n".join(re.sub(r" +", " ", line.rstrip()) for line in text.split("\n"))


def commands_of(session: str) -> list[Command]:
    lines = session.removesuffix("^C\n").splitlines()
    starts = [index for index, line in enumerate(lines) if line.startswith("$ ")]
    assert starts[:1] == [0], f"a session begins with a command: {session}"
    return [
        Command.of(lines[start:end])
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]


class Reader:
    """Somebody who follows a page in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._port = _free_port()
        self._server: subprocess.Popen[bytes] | None = None
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        quick = {"PYORPC_GRACE_S": "0.5", "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
        self._environment = {**os.environ, **quick, "PATH": path}

    def follow(self, blocks: list[Block]) -> None:
        for block in blocks:
            try:
                self._do(block)
            except AssertionError as error:
                error.add_note(f"the block at line {block.line}")
                raise

    def _do(self, block: Block) -> None:
        text = block.text.replace("5555", str(self._port))
        if block.file:
            (self.folder / block.file).write_text(text)
        elif block.language == "python":
            (self.folder / "program.py").write_text(text)
            self.run([sys.executable, "-W", "error", "program.py"])
        elif block.language == "idl":
            (self.folder / "block.idl").write_text(text)
            self.run(["pyorpc", "idl", "check", "block.idl"])
        elif block.language == "console":
            self._session(text, block.exit)
        elif block.language == "sh":
            _check_make(text)
        else:
            assert block.language == "text", f"what is {block.language!r}?"

    def _session(self, text: str, exit_code: int) -> None:
        *first, last = commands_of(text)
        for command in first:
            assert command.is_answered_by(output := self.run(command.argv)), output
        if text.endswith("^C\n"):
            self._serve(last)
        else:
            output = self.run(last.argv, exit_code)
            assert last.is_answered_by(output), output

    def run(self, argv: list[str], exit_code: int = 0) -> str:
        done = subprocess.run(
            argv,
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=3 * DEADLINE_S,  # it starts processes that start others
            check=False,
        )
        assert done.returncode == exit_code, f"{argv}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def _serve(self, command: Command) -> None:
        self.stop_server()
        log = self.folder / "server.out"
        with log.open("wb") as output:
            self._server = subprocess.Popen(
                command.argv,
                cwd=self.folder,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: command.is_answered_by(log.read_text()), f"the server: {command}")

    def stop_server(self) -> None:
        """Ctrl-C in the server's terminal."""
        server, self._server = self._server, None
        if server is None:
            return
        server.send_signal(signal.SIGINT)
        try:
            assert server.wait(DEADLINE_S) == 0, (self.folder / "server.out").read_text()
        finally:
            server.kill()
            server.wait()

    def leave(self) -> None:
        self.stop_server()
        self.run(["pyorpc", "scm", "stop"])
        place = Path(os.environ["PYORPC_HOME"]).parent
        wait_until(lambda: not _processes_of(place), "the servers that were started end")


@contextmanager
def reader(folder: Path) -> Generator[Reader]:
    """A reader who cleans up at the end."""
    somebody = Reader(folder)
    try:
        yield somebody
    finally:
        somebody.leave()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _check_make(text: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words[:1] == ["make"]:
            assert set(words[1:]) <= targets, line
        else:
            assert words[:1] == ["source"], f"nobody runs {line}"


# ---------------------------------------------------------------------------------------------


@pytest.mark.processes
def test_a_new_user_gets_through_the_readme(tmp_path: Path) -> None:
    with reader(tmp_path) as user:
        user.follow(blocks_of(README))


def test_every_block_of_the_readme_has_a_language() -> None:
    assert {block.language for block in blocks_of(README)} <= LANGUAGES


@pytest.mark.parametrize("name", [name for name, found in SUBCOMMANDS.items() if found.exists])
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: pyorpc {name}")


def test_an_output_is_compared_with_dots_for_anything() -> None:
    command = Command.of(["$ pyorpc classes", "A ... C", "D"])
    assert command.argv == ["pyorpc", "classes"]
    assert command.is_answered_by("A   b  C \nD\n")
    assert not command.is_answered_by("A b C\nD\nE\n")
