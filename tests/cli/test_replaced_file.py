from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyorpc.cli.replaced_file import replace_file


def test_a_file_gets_new_content_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.idl"
    path.write_bytes(b"old")
    path.chmod(0o640)
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "a.idl", tmp_path / "b.idl"
    path.write_bytes(b"old")
    link.symlink_to(path)
    replace_file(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"


def test_a_new_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        replace_file(tmp_path / "a.idl", b"new")
    finally:
        os.umask(before)
    assert (tmp_path / "a.idl").stat().st_mode & 0o777 == 0o640


def test_nothing_is_left_behind_if_it_fails(tmp_path: Path) -> None:
    folder = tmp_path / "a.idl"
    folder.mkdir()
    with pytest.raises(OSError, match=r"a\.idl"):
        replace_file(folder, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.idl"]
