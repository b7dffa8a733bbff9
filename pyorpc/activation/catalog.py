"""Catalog: which classes are registered on this machine, and the commands that start their servers.

The registry of one `PYORPC_HOME`: a SQLite file in it, shared by all its processes. A Catalog holds
nothing open between two calls, so it may be used on any thread and kept across forks; each change
is made whole and is on the disk when the call returns.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pyorpc.activation.class_string import checked_clsid, checked_progid, parse_class_string
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid
from pyorpc.settings import settings_from_environment

FILE_NAME: Final = "catalog.sqlite3"
_SCHEMA: Final = 1
_BUSY_S: Final = 20
_TABLE: Final = """
    CREATE TABLE class (
        clsid           TEXT PRIMARY KEY NOT NULL,
        progid          TEXT UNIQUE COLLATE NOCASE,
        argv            TEXT NOT NULL,  -- JSON, in ASCII; an empty array: no server to start
        implementation  TEXT,           -- package.module:Class, for activation in process
        directory       TEXT,           -- from which the package is imported
        threading_model TEXT
    )"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry:
    """What is registered of a class. The fields are the columns of the table."""

    clsid: Clsid
    progid: str | None = None
    argv: tuple[str, ...] = ()
    implementation: str | None = None
    directory: str | None = None
    threading_model: str | None = None

    @property
    def name(self) -> str:
        """The ProgID, or the CLSID of a class that has none."""
        return self.progid or str(self.clsid)


class Catalog:
    """The catalog of `home`; without one, of the home that the environment names."""

    def __init__(self, home: Path | str | None = None) -> None:
        directory = settings_from_environment().home if home is None else Path(home).absolute()
        self.path: Final = directory / FILE_NAME

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing is open between two calls."""

    def register_local_server(
        self, clsid: Guid | str, argv: Sequence[str | os.PathLike[str]], progid: str | None = None
    ) -> None:
        """Store the command that starts the server of a class, in place of what was stored."""
        command = _checked_argv(argv)
        self.register(CatalogEntry(clsid=checked_clsid(clsid), progid=progid, argv=command))

    def register(self, entry: CatalogEntry) -> None:
        """Store all that is known of a class, in place of what was stored.

        Raises E_INVALIDARG if another class has the ProgID.
        """
        if entry.progid is not None:
            checked_progid(entry.progid)
        with self._change() as connection:
            if entry.progid is not None:
                holder = _select(connection, "progid", entry.progid)
                if holder is not None and holder.clsid != entry.clsid:
                    raise ComError(
                        HRESULT.E_INVALIDARG,
                        f"the ProgID {entry.progid} belongs to the class {holder.clsid}: "
                        "unregister that first",
                    )
            row = (str(entry.clsid), entry.progid, json.dumps(entry.argv), *astuple(entry)[3:])
            connection.execute("INSERT OR REPLACE INTO class VALUES (?, ?, ?, ?, ?, ?)", row)

    def unregister(self, clsid: Guid | str) -> CatalogEntry:
        """Forget a class, named by CLSID or ProgID, and return what was known of it.

        Raises as `find` does.
        """
        with self._change() as connection:
            entry = _find(connection, clsid)
            connection.execute("DELETE FROM class WHERE clsid = ?", (str(entry.clsid),))
            return entry

    def classes(self) -> list[CatalogEntry]:
        """All classes, in the order of their names."""
        with self._look() as connection:
            if connection is None:
                return []
            entries = map(_entry, connection.execute(f"SELECT {_COLUMNS} FROM class"))
            return sorted(entries, key=lambda entry: entry.name.casefold())

    def find(self, clsid: Guid | str) -> CatalogEntry:
        """What is known of a class, named by CLSID or ProgID (whose case does not matter).

        Raises REGDB_E_CLASSNOTREG for an unknown CLSID; CO_E_CLASSSTRING for an unknown ProgID, and
        for what is neither.
        """
        with self._look() as connection:
            return _find(connection, clsid)

    # ---- The file ------------------------------------------------------------------------

    @contextmanager
    def _change(self) -> Generator[sqlite3.Connection, None, None]:
        """One transaction. The file is made if it is missing."""
        with self._clear_errors():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(self._open("rwc")) as connection:
                if self._schema_of(connection) == 0:
                    self._prepare(connection)
                connection.execute("BEGIN IMMEDIATE")
                with connection:  # commits, or rolls back
                    yield connection

    @contextmanager
    def _look(self) -> Generator[sqlite3.Connection | None, None, None]:
        """A connection to read from; None if there is no catalog: looking does not make one."""
        with self._clear_errors():
            if not self.path.exists():
                yield None
                return
            with closing(self._open("rw")) as connection:
                yield connection if self._schema_of(connection) else None

    def _open(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self.path.as_uri()}?mode={mode}", uri=True, timeout=_BUSY_S, isolation_level=None
        )

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Give a new file its table. One process does; those that come meanwhile wait for it."""
        with self.path.with_suffix(".lock").open("w") as lock:
            # A lock of its own: SQLite does not wait while another process turns WAL on.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._schema_of(connection) == 0:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN IMMEDIATE")
                with connection:
                    connection.execute(_TABLE)
                    connection.execute(f"PRAGMA user_version = {_SCHEMA}")

    def _schema_of(self, connection: sqlite3.Connection) -> int:
        """0: the file is new. Refuses what a later pyorpc has made."""
        (schema,) = connection.execute("PRAGMA user_version").fetchone()
        if schema > _SCHEMA:
            raise ComError(
                HRESULT.E_FAIL,
                f"the catalog {self.path} was made by a later pyorpc: its schema is {schema}, "
                f"and {_SCHEMA} is the latest that this one knows",
            )
        return int(schema)

    @contextmanager
    def _clear_errors(self) -> Generator[None, None, None]:
        try:
            yield
        except PermissionError as error:
            raise ComError(HRESULT.E_ACCESSDENIED, f"the catalog {self.path}: {error}") from error
        except (OSError, sqlite3.Error) as error:
            raise ComError(HRESULT.E_FAIL, f"the catalog {self.path}: {error}") from error
        except UnicodeEncodeError as error:
            raise ComError(HRESULT.E_INVALIDARG, f"{error.object!r:.200} is no text") from error


_COLUMNS: Final = ", ".join(each.name for each in fields(CatalogEntry))


def _find(connection: sqlite3.Connection | None, name: Guid | str) -> CatalogEntry:
    match parse_class_string(name):
        case Guid() as clsid:
            entry = _select(connection, "clsid", str(clsid))
            code, text = HRESULT.REGDB_E_CLASSNOTREG, f"the class {clsid} is not in the catalog"
        case progid:
            entry = _select(connection, "progid", progid)
            code, text = HRESULT.CO_E_CLASSSTRING, f"the catalog has no class {progid}"
    if entry is None:
        raise ComError(code, text)
    return entry


def _select(connection: sqlite3.Connection | None, column: str, value: str) -> CatalogEntry | None:
    if connection is None:
        return None
    found = connection.execute(f"SELECT {_COLUMNS} FROM class WHERE {column} = ?", (value,))
    row = found.fetchone()
    return None if row is None else _entry(row)


def _entry(row: tuple[str, str | None, str, str | None, str | None, str | None]) -> CatalogEntry:
    clsid, progid, argv, implementation, directory, threading_model = row
    return CatalogEntry(
        clsid=Clsid(Guid(clsid)),
        progid=progid,
        argv=tuple(json.loads(argv)),
        implementation=implementation,
        directory=directory,
        threading_model=threading_model,
    )


def _checked_argv(argv: Sequence[str | os.PathLike[str]]) -> tuple[str, ...]:
    """A command to start: its program and its arguments, no shell's line."""
    try:
        given: list[object] = [os.fspath(argument) for argument in argv]
    except TypeError:
        given = []
    command = [argument for argument in given if isinstance(argument, str) and "\0" not in argument]
    if isinstance(argv, str) or command != given or not command or not command[0]:
        raise ComError(
            HRESULT.E_INVALIDARG,
            f"argv {argv!r:.200}: expected the program and its arguments, "
            "as a list of texts that is not empty",
        )
    return tuple(command)
