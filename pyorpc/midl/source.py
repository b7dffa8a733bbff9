"""Source files: their text, the places in them, and how an import finds one.

A file is read once, whatever path leads to it. Unreadable files and bytes that are not UTF-8 are
refused with a place; a text is always given back, so that the later stages can go on.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from pyorpc.midl.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyorpc.midl.diagnostics import Reporter

# Longer names are no names of files anywhere.
LONGEST_NAME = 1_000
STANDARD_DIRECTORY = Path(__file__).parent / "include"


class SourceFile:
    """One IDL file: where it is, how the user called it, and its text."""

    def __init__(self, path: Path, shown_path: str, text: str) -> None:
        self.path = path
        self.shown_path = shown_path
        self.text = text
        # The documentation comment before the token at an offset, once the file was scanned.
        self.docs: dict[int, str] = {}

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    @property
    def is_header(self) -> bool:
        """True for a header of C."""
        return self.path.suffix.lower() == ".h"

    @property
    def is_standard(self) -> bool:
        """True for the files that ship with the compiler."""
        return self.path.parent == STANDARD_DIRECTORY.resolve()

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        starts.extend(at + 1 for at, char in enumerate(self.text) if char == "\n")
        return starts

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Give the line and the column of an offset, both counted from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """Give the text of a line without its end."""
        start = self._line_starts[line - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")


class Place(NamedTuple):
    """A position in a source file."""

    source: SourceFile
    offset: int

    @property
    def line(self) -> int:
        """The line, counted from 1."""
        return self.source.line_and_column(self.offset)[0]

    @property
    def column(self) -> int:
        """The column, counted from 1."""
        return self.source.line_and_column(self.offset)[1]


class Sources:
    """Reads files and finds the imported ones."""

    def __init__(
        self,
        include_directories: Sequence[Path],
        reporter: Reporter,
        defined: Mapping[str, str] | None = None,
    ) -> None:
        # The macros of the command line. IDL files ask for __WIDL__ to know whether the
        # compiler takes attributes such as threading(...), which this one does.
        self.predefined = {"__WIDL__": "1", **(defined or {})}
        self._directories = [*include_directories, STANDARD_DIRECTORY]
        self._reporter = reporter
        self._files: dict[Path, SourceFile] = {}

    def files(self) -> list[SourceFile]:
        """Give the files read so far, in the order of their reading."""
        return list(self._files.values())

    def open(self, path: Path) -> SourceFile:
        """Give the file at a path. Raises OSError if it cannot be read."""
        real = path.resolve()
        known = self._files.get(real)
        if known is None:
            known = self._read(real, str(path))
            self._files[real] = known
        return known

    def put(self, path: Path, text: str) -> SourceFile:
        """Take a text for a file, whatever is in the file: an editor has not saved it yet."""
        real = path.resolve()
        self._files[real] = SourceFile(real, str(path), text)
        return self._files[real]

    def find(self, name: str, place: Place) -> SourceFile | None:
        """Give the file that an import at `place` names; None, and a report, if there is none."""
        not_found, not_readable = Mistake.IMPORT_NOT_FOUND, Mistake.IMPORT_NOT_READABLE
        return self._find(name, place, not_found, not_readable)

    def find_included(self, name: str, place: Place) -> SourceFile | None:
        """Give the file that an `#include` at `place` names; None, and a report, as above."""
        not_found, not_readable = Mistake.INCLUDE_NOT_FOUND, Mistake.INCLUDE_NOT_READABLE
        return self._find(name, place, not_found, not_readable)

    def path_of(self, name: str, importer: SourceFile) -> Path | None:
        r"""Give where a name in a file leads; None if there is no such file.

        Windows takes `\` for `/` and does not tell cases apart, so a file of exactly that name in
        any folder comes first, and then one that only Windows would find.
        """
        if "\0" in name or len(name) > LONGEST_NAME:
            return None
        folders = [_folder(directory, importer) for directory in self._folders(importer)]
        exact = next((one / name for one in folders if (one / name).is_file()), None)
        if exact is not None:
            return exact
        found = (_in_any_case(folder, name.replace("\\", "/")) for folder in folders)
        return next((one for one in found if one is not None), None)

    def _folders(self, importer: SourceFile) -> list[Path]:
        if importer.is_standard:  # Windows's own files, where the user has them, come first
            return self._directories
        return [importer.path.parent, *self._directories]

    def _find(
        self, name: str, place: Place, not_found: Mistake, not_readable: Mistake
    ) -> SourceFile | None:
        path = self.path_of(name, place.source)
        if path is None:
            self._reporter.error(not_found, place, name=name)
            return None
        try:
            return self.open(path)
        except OSError as error:
            self._reporter.error(not_readable, place, name=name, why=error.strerror or error)
            return None

    def _read(self, real: Path, shown_path: str) -> SourceFile:
        content = real.read_bytes().removeprefix(b"\xef\xbb\xbf")
        try:
            return SourceFile(real, shown_path, content.decode("utf-8"))
        except UnicodeDecodeError as error:
            source = SourceFile(real, shown_path, content.decode("utf-8", errors="replace"))
            offset = len(content[: error.start].decode("utf-8"))
            self._reporter.error(
                Mistake.NOT_UTF8, Place(source, offset), byte=f"0x{content[error.start]:02x}"
            )
            return source


def _folder(directory: Path, importer: SourceFile) -> Path:
    """Give a folder to look in, relative where the importing file was named relatively."""
    if directory != importer.path.parent:
        return directory
    return Path(importer.shown_path).parent


def _in_any_case(folder: Path, name: str) -> Path | None:
    """Give the file that Windows would find; None if there is none."""
    path = folder
    for part in PurePosixPath(name).parts:
        following = path / part
        if not following.exists():
            wanted = part.lower()
            same = (one for one in sorted(_entries(path)) if one.name.lower() == wanted)
            following = next(same, following)
        path = following
    return path if path.is_file() else None


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
