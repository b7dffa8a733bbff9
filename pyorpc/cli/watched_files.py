"""`--watch`: does the compiler's work again whenever a file that it read has changed.

Looks at the files every half second: first at their times, then at their text, so that a file
which was only touched changes nothing. While something is refused it looks at the folders too: a
file that is missing may come.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import click

from pyorpc.cli.idl_options import tree_cache
from pyorpc.midl.compile import Compiler

PERIOD_S: Final = 0.5
SETTLING_S: Final = 0.05
Sign = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """What a compiler is to do with some files; `work` says what it has done."""

    files: Sequence[Path]
    include: Sequence[Path]
    defined: Mapping[str, str]
    work: Callable[[Compiler], str]

    def compiler(self) -> Compiler:
        """Make a compiler, which has read nothing yet."""
        return Compiler(self.include, self.defined, tree_cache())


def watch_files(job: Job) -> NoReturn:
    """Do the job, and again after each change. Ends by an interrupt only."""
    folders = {*job.include, *(path.parent for path in job.files)}
    while True:
        # Before the work: what comes while it runs, comes after these.
        signs = {folder: _sign_of(folder) for folder in folders}
        compiler = job.compiler()
        is_done = _do(compiler, job.work)
        texts = {source.path: source.text for source in compiler.read_files()}
        for folder in {path.parent for path in texts} - folders:
            folders.add(folder)
            signs[folder] = _sign_of(folder)
        watched = WatchedFiles(texts, {} if is_done else signs)
        while not watched.have_changed():
            time.sleep(PERIOD_S)
        # Whoever changes it may still be writing; what comes later yet is a change again.
        time.sleep(SETTLING_S)


def _do(compiler: Compiler, work: Callable[[Compiler], str]) -> bool:
    """Do the work once and say what became of it; true if nothing was refused."""
    try:
        done = work(compiler)
    except OSError as failure:
        # Some editors take a file away before they write it anew.
        click.echo(f"error: {failure.filename}: {failure.strerror}", err=True)
        return False
    for warning in compiler.reporter.warnings:
        click.echo(warning, err=True)
    number = len(compiler.reporter.diagnostics())
    if number:
        click.echo(compiler.reporter.render(), err=True)
        done = f"{number} mistake{'s' if number > 1 else ''}"
    click.echo(f"{done}; waiting for a change")
    return not number


class WatchedFiles:
    """Files with the texts that were read from them, and folders with the signs they had."""

    def __init__(self, texts: Mapping[Path, str], folders: Mapping[Path, Sign]) -> None:
        self._texts = texts
        # Nothing is known of a file before the first look: it may have changed since its reading.
        self._signs: dict[Path, Sign] = {}
        self._folders = folders

    def have_changed(self) -> bool:
        """True if a text is another one now, or a folder got or lost a file."""
        if any(_sign_of(folder) != sign for folder, sign in self._folders.items()):
            return True
        return any(self._has_changed(path, text) for path, text in self._texts.items())

    def _has_changed(self, path: Path, text: str) -> bool:
        sign = _sign_of(path)
        if self._signs.get(path) == sign:
            return False
        self._signs[path] = sign
        try:
            content = path.read_bytes()
        except OSError:
            return True
        return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace") != text


def _sign_of(path: Path) -> Sign:
    """Give what changes with a file; nothing of it if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino
