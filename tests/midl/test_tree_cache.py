from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.compile import Compiler
from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.parse import parse_with_includes
from pyorpc.midl.source import Sources
from pyorpc.midl.tree_cache import MOST_ENTRIES, TreeCache

TEXT = """#include "part.h"
/// A point.
struct Point { long x; double y; };
const hyper BIG = 0xffffffffffffffff & SIZE;
typedef union { [case(1)] long l; [default] ; } U;
namespace A { runtimeclass R { [default] interface I<B *>; } }
"""


def entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


@pytest.fixture
def idl(tmp_path: Path) -> Path:
    (tmp_path / "part.h").write_text("#define SIZE 3\nconst long PART = 1;\n")
    path = tmp_path / "thing.idl"
    path.write_text(TEXT)
    return path


def constants(idl: Path, cache: TreeCache) -> dict[str, object]:
    compiler = Compiler([], trees=cache)
    world = compiler.check(idl)
    assert world is not None, compiler.reporter.render()
    return {name: one.value for name, one in world.constants.items()}


def test_a_kept_tree_is_the_parsed_one(idl: Path, tmp_path: Path) -> None:
    sources = Sources([], Reporter())
    source = sources.open(idl)
    parsed = parse_with_includes(source, sources, Reporter())
    assert parsed.declarations is not None
    TreeCache(tmp_path / "c").store(source, sources, parsed.included, parsed.declarations)
    loaded = TreeCache(tmp_path / "c").load(source, sources)
    assert loaded == parsed.declarations


def test_a_file_is_parsed_again_when_it_has_changed(idl: Path, tmp_path: Path) -> None:
    folder = tmp_path / "c"
    assert constants(idl, TreeCache(folder))["BIG"] == 3
    idl.write_text(TEXT.replace("BIG", "LARGE"))
    assert constants(idl, TreeCache(folder))["LARGE"] == 3
    assert len(entries(folder)) == 2


def test_a_file_is_parsed_again_when_what_it_includes_has_changed(
    idl: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "c"
    constants(idl, TreeCache(folder))
    (tmp_path / "part.h").write_text("#define SIZE 5\n")
    assert constants(idl, TreeCache(folder)) == {"BIG": 5}


def test_an_unchanged_file_is_not_parsed_again(idl: Path, tmp_path: Path) -> None:
    folder = tmp_path / "c"
    constants(idl, TreeCache(folder))
    (entry,) = entries(folder)
    entry.write_bytes(entry.read_bytes().replace(b"Point", b"Paint"))
    compiler = Compiler([], trees=TreeCache(folder))
    world = compiler.check(idl)
    assert world is not None
    assert "Paint" in world.structs


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"\x92\x90\x90", b"\x92\x90\xc1"])
def test_a_broken_entry_is_written_anew(idl: Path, tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "c"
    constants(idl, TreeCache(folder))
    (entry,) = entries(folder)
    good = entry.read_bytes()
    entry.write_bytes(content)
    if content != b"\x92\x90\x90":  # that is an empty file, and well written
        assert constants(idl, TreeCache(folder))["BIG"] == 3
        assert entry.read_bytes() == good


def test_a_file_with_errors_is_not_kept(idl: Path, tmp_path: Path) -> None:
    idl.write_text("const long A = 1")
    Compiler([], trees=TreeCache(tmp_path / "c")).check(idl)
    assert not (tmp_path / "c").exists()


def test_a_file_with_warnings_is_not_kept_but_warns_again(idl: Path, tmp_path: Path) -> None:
    idl.write_text("#define A 1\n#define A 2\nconst long B = A;")
    for _ in range(2):
        compiler = Compiler([], trees=TreeCache(tmp_path / "c"))
        assert compiler.check(idl) is not None
        assert len(compiler.reporter.warnings) == 1


def test_a_folder_that_cannot_be_written_is_no_cache(idl: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert constants(idl, TreeCache(tmp_path / "file" / "c"))["BIG"] == 3


def test_the_oldest_entries_go_when_there_are_too_many(idl: Path, tmp_path: Path) -> None:
    folder = tmp_path / "c"
    folder.mkdir()
    for number in range(MOST_ENTRIES):
        (folder / f"{number}").touch()
    constants(idl, TreeCache(folder))
    assert len(entries(folder)) == MOST_ENTRIES + 1 - MOST_ENTRIES // 4
