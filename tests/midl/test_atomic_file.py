from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.atomic_file import write_atomically


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_atomically(tmp_path / "taken", b"x")
    assert list(tmp_path.iterdir()) == [tmp_path / "taken"]


def test_a_file_is_private_unless_told_otherwise(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", b"x")
    write_atomically(tmp_path / "b", b"y", 0o644)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in "ab"] == [0o600, 0o644]
    assert (tmp_path / "b").read_bytes() == b"y"
