from __future__ import annotations

import dataclasses
import os
import sqlite3
import stat
import sys
import threading
from pathlib import Path

import pytest

from pyorpc.activation.catalog import FILE_NAME, Catalog, CatalogEntry
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid
from tests.conftest import Spawn
from tests.support.child import Parent

BOARD = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1a01"))
CLOCK = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1a02"))
ARGV = ["/usr/bin/python3", "-m", "pyorpc", "serve", "quotes:Board"]
BRACED = "{" + str(BOARD).upper() + "}"


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


def refused(code: HRESULT) -> pytest.RaisesExc[ComError]:
    return pytest.RaisesExc(ComError, check=lambda error: error.hresult == code)


# ---- Registering and finding -------------------------------------------------------------


def test_a_registered_class_is_found_by_its_clsid_and_by_its_progid(catalog: Catalog) -> None:
    catalog.register_local_server(BOARD, ARGV, "Quotes.Board")
    entry = CatalogEntry(clsid=BOARD, progid="Quotes.Board", argv=tuple(ARGV))
    for name in (BOARD, str(BOARD), BRACED, "Quotes.Board", "quotes.BOARD"):
        assert catalog.find(name) == entry


def test_a_clsid_may_be_registered_as_text_and_a_program_as_a_path(catalog: Catalog) -> None:
    catalog.register_local_server(BRACED, (Path("/opt/board"), "--quiet"))
    assert catalog.find(BOARD).argv == ("/opt/board", "--quiet")
    assert catalog.find(BOARD).progid is None


def test_all_that_is_known_of_a_class_comes_back(catalog: Catalog) -> None:
    entry = CatalogEntry(
        clsid=BOARD,
        progid="Quotes.Board",
        argv=("python", "Größe", "\udcff\n'\""),
        implementation="quotes.board:Board",
        directory="/srv/quotes",
        threading_model="Both",
    )
    catalog.register(entry)
    assert catalog.find(BOARD) == entry
    assert catalog.classes() == [entry]


def test_every_field_of_an_entry_may_be_changed_alone_and_comes_back(catalog: Catalog) -> None:
    entry = CatalogEntry(clsid=BOARD)
    catalog.register(entry)
    for name in ("progid", "implementation", "directory", "threading_model"):
        entry = dataclasses.replace(entry, **{name: f"the.{name}"})  # type: ignore[arg-type]
        catalog.register(entry)
        assert catalog.find(BOARD) == entry


def test_classes_are_listed_in_the_order_of_their_names(catalog: Catalog) -> None:
    catalog.register_local_server(CLOCK, ARGV, "zoo.Clock")
    catalog.register_local_server(BOARD, ARGV, "Quotes.Board")
    nameless = Guid("00000000-0000-0000-0000-000000000001")
    catalog.register_local_server(nameless, ARGV)
    assert [entry.name for entry in catalog.classes()] == [
        str(nameless),
        "Quotes.Board",
        "zoo.Clock",
    ]


def test_registering_again_replaces_what_was_stored(catalog: Catalog) -> None:
    catalog.register_local_server(BOARD, ARGV, "Quotes.Board")
    catalog.register_local_server(BOARD, ["/opt/board"])
    assert catalog.classes() == [CatalogEntry(clsid=BOARD, argv=("/opt/board",))]
    with refused(HRESULT.CO_E_CLASSSTRING):
        catalog.find("Quotes.Board")


def test_a_progid_belongs_to_one_class(catalog: Catalog) -> None:
    catalog.register_local_server(BOARD, ARGV, "Quotes.Board")
    with pytest.raises(ComError, match=f"belongs to the class {BOARD}: unregister") as caught:
        catalog.register_local_server(CLOCK, ARGV, "quotes.board")
    assert caught.value.hresult == HRESULT.E_INVALIDARG
    assert [entry.clsid for entry in catalog.classes()] == [BOARD]

    catalog.register_local_server(BOARD, ARGV, "quotes.board")  # its own, in other letters
    assert catalog.find(BOARD).progid == "quotes.board"


@pytest.mark.parametrize("name", [BOARD, str(BOARD), "Quotes.Board"])
def test_a_class_is_forgotten_by_either_name(catalog: Catalog, name: Guid | str) -> None:
    catalog.register_local_server(BOARD, ARGV, "Quotes.Board")
    assert catalog.unregister(name).clsid == BOARD
    assert catalog.classes() == []
    with refused(HRESULT.REGDB_E_CLASSNOTREG):
        catalog.find(BOARD)


# ---- What is refused ---------------------------------------------------------------------


@pytest.mark.parametrize("is_there", [True, False])
def test_an_unknown_clsid_is_not_registered_and_an_unknown_progid_is_no_class_string(
    catalog: Catalog,
    is_there: bool,
) -> None:
    if is_there:
        catalog.register_local_server(CLOCK, ARGV)
    for look in (catalog.find, catalog.unregister):
        with refused(HRESULT.REGDB_E_CLASSNOTREG):
            look(BOARD)
        with refused(HRESULT.CO_E_CLASSSTRING):
            look("Quotes.Board")
        with refused(HRESULT.CO_E_CLASSSTRING):
            look("{no class string}")


def test_bad_class_strings_are_not_registered(catalog: Catalog) -> None:
    with refused(HRESULT.CO_E_CLASSSTRING):
        catalog.register_local_server("Quotes.Board", ARGV)
    with refused(HRESULT.CO_E_CLASSSTRING):
        catalog.register_local_server(BOARD, ARGV, "two words")
    with refused(HRESULT.CO_E_CLASSSTRING):
        catalog.register_local_server(BOARD, ARGV, str(BOARD))
    assert not catalog.path.exists()


@pytest.mark.parametrize(
    "argv", ["python -m quotes", [], [""], [b"python"], None, ["python", 1], ["a\0b"], [None]]
)
def test_a_command_is_a_list_of_texts(catalog: Catalog, argv: list[str]) -> None:
    with pytest.raises(ComError, match="expected the program and its arguments") as caught:
        catalog.register_local_server(BOARD, argv)
    assert caught.value.hresult == HRESULT.E_INVALIDARG


def test_a_directory_whose_name_is_no_text_is_refused(catalog: Catalog) -> None:
    with pytest.raises(ComError, match="is no text") as caught:
        catalog.register(CatalogEntry(clsid=BOARD, directory="/srv/\udcff"))
    assert caught.value.hresult == HRESULT.E_INVALIDARG
    assert catalog.classes() == []


# ---- The file ----------------------------------------------------------------------------


def test_the_catalog_is_a_file_in_the_home_that_the_environment_names(home: Path) -> None:
    assert Catalog().path == home / FILE_NAME
    assert Catalog("/srv/x").path == Path("/srv/x") / FILE_NAME
    assert Catalog(Path("/srv/x")).path == Path("/srv/x") / FILE_NAME


def test_looking_makes_no_file_and_registering_makes_the_home_too(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "new" / "home #1?")
    assert catalog.classes() == []
    with refused(HRESULT.REGDB_E_CLASSNOTREG):
        catalog.find(BOARD)
    assert not (tmp_path / "new").exists()

    catalog.register_local_server(BOARD, ARGV)
    assert stat.S_IMODE(catalog.path.parent.stat().st_mode) == 0o700
    assert Catalog(tmp_path / "new" / "home #1?").find(BOARD).argv == tuple(ARGV)


def test_an_empty_file_that_was_never_finished_is_taken_for_no_catalog(catalog: Catalog) -> None:
    catalog.path.touch()
    assert catalog.classes() == []
    catalog.register_local_server(BOARD, ARGV)
    assert catalog.find(BOARD).clsid == BOARD


def test_the_file_is_in_wal_mode_and_carries_its_schema(catalog: Catalog) -> None:
    catalog.register_local_server(BOARD, ARGV)
    connection = sqlite3.connect(catalog.path)
    try:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    finally:
        connection.close()


def test_nothing_stays_open_between_two_calls(catalog: Catalog) -> None:
    before = os.listdir("/proc/self/fd")  # noqa: PTH208
    with catalog as same:
        assert same is catalog
        catalog.register_local_server(BOARD, ARGV)
        catalog.find(BOARD)
        assert os.listdir("/proc/self/fd") == before  # noqa: PTH208


def test_a_catalog_of_a_later_schema_is_not_touched(catalog: Catalog) -> None:
    connection = sqlite3.connect(catalog.path)
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    for use in (catalog.classes, lambda: catalog.register_local_server(BOARD, ARGV)):
        with pytest.raises(ComError, match="made by a later pyorpc: its schema is 7") as caught:
            use()
        assert caught.value.hresult == HRESULT.E_FAIL


def test_a_damaged_file_is_reported_with_its_path(catalog: Catalog) -> None:
    catalog.path.write_bytes(b"no database" * 100)
    for use in (catalog.classes, lambda: catalog.register_local_server(BOARD, ARGV)):
        with pytest.raises(ComError, match=f"the catalog {catalog.path}: file is not a") as caught:
            use()
        assert caught.value.hresult == HRESULT.E_FAIL


def test_a_home_that_cannot_be_made_is_reported_with_its_path() -> None:
    with pytest.raises(ComError, match="the catalog /proc/nowhere/catalog"):
        Catalog("/proc/nowhere").register_local_server(BOARD, ARGV)


def test_a_home_that_may_not_be_entered_is_an_access_denied(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", denied)
    with refused(HRESULT.E_ACCESSDENIED):
        catalog.register_local_server(BOARD, ARGV)


# ---- Many at once ------------------------------------------------------------------------


def test_one_catalog_may_be_used_by_several_threads(catalog: Catalog) -> None:
    clsids = [Guid.new() for _ in range(4)]
    threads = [
        threading.Thread(target=catalog.register_local_server, args=(clsid, ARGV))
        for clsid in clsids
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert {entry.clsid for entry in catalog.classes()} == set(clsids)


def register_some(test: Parent, name: str, count: int) -> None:
    """In a child: register `count` classes, beginning when the test says so."""
    test.send("ready")
    test.receive()
    catalog = Catalog()
    for number in range(count):
        catalog.register_local_server(Guid.new(), [name], f"{name}.N{number}")
        catalog.find(f"{name}.N{number}")
        catalog.classes()
    test.send("done")


@pytest.mark.processes
def test_several_processes_may_make_and_use_a_catalog_at_once(
    catalog: Catalog, spawn: Spawn
) -> None:
    names = ["alpha", "beta", "gamma", "delta"]
    children = [spawn(register_some, name, 10) for name in names]
    for child in children:
        assert child.receive() == "ready"
    for child in children:
        child.send("go")
    for child in children:
        assert child.receive() == "done"
    expected = sorted(f"{name}.N{number}" for name in names for number in range(10))
    assert sorted(entry.name for entry in catalog.classes()) == expected


def claim_progid(test: Parent, clsid: str) -> None:
    """In a child: try to get the one ProgID for `clsid`."""
    test.send("ready")
    test.receive()
    try:
        Catalog().register_local_server(clsid, [sys.executable], "Only.One")
    except ComError as error:
        test.send(int(error.hresult))
    else:
        test.send(0)


@pytest.mark.processes
def test_of_two_processes_that_want_one_progid_one_gets_it(catalog: Catalog, spawn: Spawn) -> None:
    children = [spawn(claim_progid, str(clsid)) for clsid in (BOARD, CLOCK)]
    for child in children:
        assert child.receive() == "ready"
    for child in children:
        child.send("go")
    assert sorted(child.receive() for child in children) == [0, HRESULT.E_INVALIDARG]
    assert len(catalog.classes()) == 1
