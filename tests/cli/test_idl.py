"""`pyorpc idl` as users call it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pyorpc.cli.idl import idl

THING = """import "unknwn.idl";
[object, uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b01)]
interface IThing : IUnknown { HRESULT Do([in] long n); }
"""
USER = """import "thing.idl";
[object, uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b02)]
interface IUser : IUnknown { HRESULT Use([in] IThing *thing); }
"""
BROKEN = "const long A = B;\nconst short C = 70000;\n"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(idl, [str(one) for one in arguments])


def file(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def test_compile_writes_a_module_for_each_file(tmp_path: Path) -> None:
    thing, user = file(tmp_path, "thing.idl", THING), file(tmp_path, "user.idl", USER)
    done = run("compile", thing, user, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    written = sorted(path.name for path in (tmp_path / "out").glob("*.py"))
    assert written == ["thing_idl.py", "user_idl.py"]
    assert "from thing_idl import IThing\n" in (tmp_path / "out" / "user_idl.py").read_text()


def test_the_first_import_of_a_module_finds_its_bytecode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thing, out = file(tmp_path, "thing.idl", THING), tmp_path / "out"
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    run("compile", thing, "-o", out)
    bytecode = Path(importlib.util.cache_from_source(str(out / "thing_idl.py")))
    assert not bytecode.exists()
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    run("compile", thing, "-o", out, "--force")
    assert bytecode.exists()


def test_modules_of_a_package_import_each_other_by_its_name(tmp_path: Path) -> None:
    file(tmp_path / "shop" / "api", "__init__.py", "")
    file(tmp_path / "shop", "__init__.py", "")
    file(tmp_path, "thing.idl", THING)
    user = file(tmp_path, "user.idl", USER)
    run("compile", user, "-o", tmp_path / "shop" / "api")
    text = (tmp_path / "shop" / "api" / "user_idl.py").read_text()
    assert "from shop.api.thing_idl import IThing\n" in text


def test_an_imported_file_is_found_in_an_include_folder(tmp_path: Path) -> None:
    file(tmp_path / "include", "thing.idl", THING)
    user = file(tmp_path, "user.idl", USER)
    assert run("check", user).exit_code == 1
    assert run("check", user, "-I", tmp_path / "include").exit_code == 0


def test_imported_files_and_headers_are_written_where_that_is_asked_for(tmp_path: Path) -> None:
    # Alone, the header would not compile: its includer declares what it needs.
    file(tmp_path, "sizes.h", "typedef struct { COUNT width; COUNT height; } SIZES;\n")
    types = file(tmp_path, "types.idl", "typedef long COUNT;\nconst long MOST = 3;\n")
    text = USER.replace("[object", 'import "types.idl";\nimport "sizes.h";\n[object')
    user = file(tmp_path, "user.idl", text.replace("IThing *thing", "SIZES sizes"))
    file(tmp_path, "thing.idl", THING)
    out = tmp_path / "out"
    done = run("compile", user, "--imports", "-o", out)
    assert done.exit_code == 0, done.output
    written = {path.name for path in out.glob("*.py")}
    assert written == {"user_idl.py", "thing_idl.py", "types_idl.py", "sizes_idl.py"}
    assert "class SIZES(Struct, frozen=True):" in (out / "sizes_idl.py").read_text()
    # Those that are compiled on their own are the same to the byte.
    kept = (out / "types_idl.py").read_text()
    assert run("compile", types, "-o", tmp_path / "alone").exit_code == 0
    assert (tmp_path / "alone" / "types_idl.py").read_text() == kept
    # One that is gone is written again.
    (out / "thing_idl.py").unlink()
    run("compile", user, "--imports", "-o", out)
    assert (out / "thing_idl.py").exists()


def test_compiling_again_gives_the_same_bytes(tmp_path: Path) -> None:
    thing = file(tmp_path, "thing.idl", THING)
    run("compile", thing, "-o", tmp_path)
    first = (tmp_path / "thing_idl.py").read_bytes()
    run("compile", thing, "-o", tmp_path)
    assert (tmp_path / "thing_idl.py").read_bytes() == first


def test_a_broken_file_is_reported_with_its_line_and_a_caret(tmp_path: Path) -> None:
    broken = file(tmp_path, "broken.idl", BROKEN)
    done = run("check", broken)
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        f"{broken}:1:16: error ORPC0301: unknown name 'B'",
        "const long A = B;",
        "               ^",
        f"{broken}:2:17: error ORPC0304: 70000 does not fit in short (-32768 to 32767)",
        "const short C = 70000;",
        "                ^",
    ]


def test_nothing_is_written_if_one_of_several_files_is_broken(tmp_path: Path) -> None:
    thing, broken = file(tmp_path, "thing.idl", THING), file(tmp_path, "broken.idl", BROKEN)
    done = run("compile", thing, broken, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert not (tmp_path / "out").exists()


def test_a_mistake_in_a_shared_import_is_reported_once(tmp_path: Path) -> None:
    file(tmp_path, "broken.idl", BROKEN)
    one = file(tmp_path, "one.idl", 'import "broken.idl";\n')
    two = file(tmp_path, "two.idl", 'import "broken.idl";\n')
    assert run("check", one, two).stderr.count("ORPC0301") == 1


def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    assert run("compile", tmp_path / "nowhere.idl").exit_code == 2
    assert run("compile").exit_code == 2
    assert run("check").exit_code == 2


def test_help_names_the_commands_and_their_options() -> None:
    assert "compile" in run("--help").output
    text = run("compile", "--help").output
    assert "-o, --output DIR" in text
    assert "-I, --include DIR" in text


def test_two_files_cannot_give_one_module(tmp_path: Path) -> None:
    one = file(tmp_path / "a", "thing.idl", THING)
    two = file(tmp_path / "b", "thing.idl", THING)
    done = run("compile", one, two, "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert "thing_idl.py" in done.output


def test_macros_come_from_the_command_line(tmp_path: Path) -> None:
    path = file(tmp_path, "thing.idl", "const long A = SIZE + ONE;\n")
    done = run("compile", path, "-D", "SIZE=41", "-D", "ONE", "-o", tmp_path)
    assert done.exit_code == 0, done.output
    assert "A: Final = 42" in (tmp_path / "thing_idl.py").read_text()
    assert run("check", path, "-D", "1=2").exit_code == 2


def test_a_warning_is_printed_and_refuses_nothing(tmp_path: Path) -> None:
    text = THING.replace("object, ", "").replace("HRESULT Do", "void Do")
    done = run("check", file(tmp_path, "thing.idl", text))
    assert done.exit_code == 0
    assert "thing.idl:3:36: warning: 'Do' stays local: " in done.output


def test_an_unchanged_file_is_not_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYORPC_HOME", str(tmp_path / "home"))
    thing, user = file(tmp_path, "thing.idl", THING), file(tmp_path, "user.idl", USER)
    module = tmp_path / "user_idl.py"

    def is_written_again(*options: str) -> bool:
        before = module.stat().st_mtime_ns if module.exists() else 0
        done = run("compile", user, "-o", tmp_path, *options)
        assert done.exit_code == 0, done.output
        return module.stat().st_mtime_ns != before

    assert is_written_again()
    assert not is_written_again()
    assert is_written_again("--force")
    thing.write_text(THING.replace("Do", "Done"))
    assert is_written_again()
    assert not is_written_again()
