"""`pyorpc idl breaking` as users call it."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from pyorpc.cli.idl import idl

OLD = """import "unknwn.idl";
import "shapes.idl";
[object, uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b01)]
interface IThing : IUnknown { HRESULT Do([in] Size n); }
"""
NEW = OLD.replace("; }", "; HRESULT More(); }")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(idl, ["breaking", *map(str, arguments)])


def files(folder: Path, old: str = OLD, new: str = NEW) -> list[Path]:
    paths = [folder / "old.idl", folder / "new.idl"]
    for path, text in zip(paths, (old, new), strict=True):
        path.write_text(text)
    (folder / "shapes").mkdir(exist_ok=True)
    (folder / "shapes" / "shapes.idl").write_text("typedef long Size;\n")
    return [*paths, folder / "shapes"]


def test_breaking_changes_are_shown_and_end_with_1(tmp_path: Path) -> None:
    old, new, include = files(tmp_path)
    done = run(old, new, "-I", include)
    assert done.exit_code == 1, done.output
    assert done.stdout.splitlines() == [
        f"{new}:4:64: BRK203 breaks old servers: method More is new in IThing;"
        " old servers have no such method",
        "    hint: leave IThing as it is and derive IThing2 : IThing",
        "1 breaking change: 1 for old servers",
    ]


def test_nothing_that_breaks_ends_with_0(tmp_path: Path) -> None:
    old, new, include = files(tmp_path, new=OLD.replace("Size n", "LONG n"))
    done = run(old, new, "-I", include)
    assert (done.exit_code, done.output) == (0, "nothing breaks\n")


def test_json_is_for_programs(tmp_path: Path) -> None:
    old, new, include = files(tmp_path)
    done = run(old, new, "-I", include, "--format", "json")
    assert done.exit_code == 1
    assert [one["change"] for one in json.loads(done.stdout)] == ["method_added"]


def test_a_file_that_does_not_compile_is_reported(tmp_path: Path) -> None:
    old, new, include = files(tmp_path, new=OLD.replace("long", "lnog").replace("Size", "Sise"))
    done = run(old, new, "-I", include)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert f"{new}:4:47: error ORPC0202" in done.stderr
    assert run(old).exit_code == 2
