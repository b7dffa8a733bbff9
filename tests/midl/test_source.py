from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.source import Place, SourceFile, Sources
from tests.midl.compiling import Folder


def test_lines_and_columns_are_counted_from_one() -> None:
    place = Place(SourceFile(Path("/a"), "a", "ab\ncd"), 4)
    assert (place.line, place.column) == (2, 2)


def test_a_line_is_given_without_its_end() -> None:
    source = SourceFile(Path("/a"), "a", "ab\r\ncd")
    assert [source.line_text(1), source.line_text(2)] == ["ab", "cd"]


def test_a_file_is_the_same_by_every_path(folder: Folder) -> None:
    path = folder.write("")
    (folder.path / "inner").mkdir()
    sources = Sources([], Reporter())
    assert sources.open(path) is sources.open(folder.path / "inner" / ".." / path.name)


def test_an_import_is_looked_for_beside_its_importer_first(folder: Folder, tmp_path: Path) -> None:
    other = Folder(tmp_path / "other")
    other.path.mkdir()
    other.write("", "b.idl")
    near = folder.write("", "b.idl")
    sources = Sources([other.path], Reporter())
    found = sources.find("b.idl", Place(sources.open(folder.write("", "a.idl")), 0))
    assert found is not None
    assert found.path == near


def test_the_standard_files_are_found_last(folder: Folder) -> None:
    sources = Sources([], Reporter())
    found = sources.find("unknwn.idl", Place(sources.open(folder.write("")), 0))
    assert found is not None
    assert found.is_standard


@pytest.mark.parametrize("name", ["INNER/b.idl", "inner\\\\B.IDL", "./Inner/B.idl"])
def test_an_import_is_found_as_on_windows(folder: Folder, name: str) -> None:
    (folder.path / "Inner").mkdir()
    folder.write("typedef long T;", "Inner/b.idl")
    assert folder.refusals(f'import "{name}"; const T A = 1;') == []


def test_a_file_of_exactly_the_name_is_preferred(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    exact = tmp_path / "other" / "B.idl"
    exact.write_text("")
    folder.write("", "b.idl")
    sources = Sources([tmp_path / "other"], Reporter())
    assert sources.path_of("B.idl", sources.open(folder.write("", "a.idl"))) == exact


@pytest.mark.parametrize("name", ["nowhere.idl", "..", "", "a\\0.idl", "a" * 5_000])
def test_an_import_without_a_file_is_refused(folder: Folder, name: str) -> None:
    assert folder.refusals(f'import "{name}";') == ["1:8 ORPC0009"]


def test_an_import_that_cannot_be_read_is_refused(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = folder.write("", "secret.idl")
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path == imported:
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert folder.texts('import "secret.idl";') == [
        "cannot read the imported file 'secret.idl': Permission denied"
    ]


def test_bytes_that_are_not_utf8_are_refused_where_they_are(folder: Folder) -> None:
    assert folder.refusals("// é\n// ".encode() + b"\xff\n") == ["2:4 ORPC0001"]


def test_a_byte_order_mark_is_no_text(folder: Folder) -> None:
    assert folder.refusals(b"\xef\xbb\xbfconst long A = B;") == ["1:16 ORPC0301"]


def test_files_that_import_each_other_are_read_once(folder: Folder) -> None:
    folder.write('import "thing.idl"; struct Other { long a; };', "other.idl")
    assert "from other_idl import Other" in folder.module_text(
        'import "other.idl"; import "thing.idl"; struct Thing { struct Other o; };'
    )
