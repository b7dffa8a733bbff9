from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.compile import Compiler
from tests.midl.compiling import IMPORT, Folder, interface


def test_an_imported_file_is_read_once_by_all_files(folder: Folder) -> None:
    folder.write("struct S { long a; };", "shared.idl")
    one = folder.write('import "shared.idl"; struct A { struct S s; };', "one.idl")
    two = folder.write('import "shared.idl"; struct B { struct S s; };', "two.idl")
    compiler = Compiler([])
    modules = [compiler.compile(path, folder.path) for path in (one, two)]
    assert [module.file_name for module in modules if module] == ["one_idl.py", "two_idl.py"]
    assert all("from shared_idl import S\n" in module.text for module in modules if module)


def test_a_refused_file_gives_no_module(folder: Folder) -> None:
    compiler = Compiler([])
    assert compiler.compile(folder.write("const long A = B;"), folder.path) is None
    assert compiler.reporter.has_errors


def test_a_file_that_cannot_be_read_raises(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        Compiler([]).check(tmp_path / "nowhere.idl")


def test_the_text_does_not_depend_on_the_folder(folder: Folder, tmp_path: Path) -> None:
    text = IMPORT + interface("HRESULT F();")
    other = Folder(tmp_path / "other")
    other.path.mkdir()
    assert folder.module_text(text) == other.module_text(text)
