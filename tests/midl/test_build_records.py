from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.build_records import BuildRecords, compiler_digest, request_of


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "thing_idl.py"
    path.write_text("A = 1")
    (tmp_path / "thing.idl").write_text("const long A = 1;")
    return path


def test_a_noted_module_is_current_until_something_changes(module: Path, tmp_path: Path) -> None:
    records = BuildRecords(tmp_path / "records")
    idl = tmp_path / "thing.idl"
    assert not records.is_current(module, "asked")
    records.note(module, "asked", [idl])
    assert records.is_current(module, "asked")
    assert not records.is_current(module, "asked otherwise")
    idl.write_text("const long A = 2;")
    assert not records.is_current(module, "asked")
    records.note(module, "asked", [idl])
    module.write_text("A = 3")
    assert not records.is_current(module, "asked")
    module.unlink()
    assert not records.is_current(module, "asked")


def test_a_broken_record_is_none(module: Path, tmp_path: Path) -> None:
    records = BuildRecords(tmp_path / "records")
    records.note(module, "asked", [])
    (path,) = (tmp_path / "records").iterdir()
    path.write_bytes(b"\\xff")
    assert not records.is_current(module, "asked")


def test_without_a_folder_nothing_is_remembered(module: Path) -> None:
    records = BuildRecords(None)
    records.note(module, "asked", [])
    assert not records.is_current(module, "asked")


def test_a_request_is_about_all_that_changes_a_module(tmp_path: Path) -> None:
    one = request_of(tmp_path / "a.idl", [], {}, tmp_path)
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").touch()
    others = {
        request_of(tmp_path / "b.idl", [], {}, tmp_path),
        request_of(tmp_path / "a.idl", [tmp_path], {}, tmp_path),
        request_of(tmp_path / "a.idl", [], {"A": "1"}, tmp_path),
        request_of(tmp_path / "a.idl", [], {}, tmp_path / "pkg"),
    }
    assert len(others | {one}) == 5
    assert one == request_of(tmp_path / "a.idl", [], {}, tmp_path)
    assert len(compiler_digest()) == 64
