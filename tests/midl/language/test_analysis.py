from __future__ import annotations

from pathlib import Path

from pyorpc.midl.language.analysis import LONGEST_MENDED, Settings, analyse
from tests.midl.language.reading import analysed, interface


def test_a_right_text_has_its_names_and_those_it_imports(tmp_path: Path) -> None:
    found, _ = analysed(tmp_path, interface("HRESULT F([in] long a);"))
    assert found.diagnostics == ()
    assert [one.name for one in found.symbols] == ["IA"]
    assert {"IA", "F", "IUnknown", "IClassFactory"} <= found.known.keys()
    assert found.view.classes["IA"].lines_of("F") == ["def F(self, a: int) -> None"]
    assert found.imports["unknwn.idl"].name == "unknwn.idl"


def test_a_wrong_text_keeps_what_can_be_read_and_the_python_of_before(tmp_path: Path) -> None:
    before, _ = analysed(tmp_path, interface("HRESULT F();"))
    found, _ = analysed(tmp_path, interface("HRESULT F();\nHRESULT G([in"), before)
    assert found.diagnostics != ()
    assert [one.name for one in found.symbols[0].inside] == ["F"]
    assert "IUnknown" in found.known
    assert found.view == before.view


def test_a_long_text_that_is_wrong_keeps_the_names_of_before(tmp_path: Path) -> None:
    long = "/*" + "x" * LONGEST_MENDED + "*/"
    before, _ = analysed(tmp_path, interface("HRESULT F();") + long)
    found, _ = analysed(tmp_path, interface("HRESULT F();\nHRESULT G([in") + long, before)
    assert found.diagnostics != ()
    assert [one.name for one in found.symbols] == ["IA"]
    without, _ = analysed(tmp_path, interface("HRESULT F(") + long)
    assert without.symbols == ()


def test_texts_of_open_files_count_not_those_on_disk(tmp_path: Path) -> None:
    (tmp_path / "a.idl").write_text("const long OLD = 1;")
    texts = {
        tmp_path / "a.idl": "const long NEW = 1;",
        tmp_path / "b.idl": 'import "a.idl"; const long X = NEW;',
    }
    found = analyse(tmp_path / "b.idl", texts, Settings())
    assert found.diagnostics == ()
    assert "NEW" in found.known
    assert "OLD" not in found.known


def test_macros_and_folders_come_from_the_settings(tmp_path: Path) -> None:
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "a.idl").write_text("const long A = N;")
    path = tmp_path / "b.idl"
    texts = {path: 'import "a.idl"; const long B = A + N;'}
    settings = Settings([tmp_path / "include"], {"N": "3"})
    assert analyse(path, texts, settings).diagnostics == ()
    assert analyse(path, texts, Settings()).diagnostics != ()
