"""`pyorpc idl format` as users call it."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from pyorpc.cli.idl import idl

CROOKED = "struct S {\n  long   a; };\n"
STRAIGHT = "struct S {\n    long a;\n};\n"


def run(*arguments: str | Path, text: str | bytes = "") -> Result:
    return CliRunner().invoke(idl, ["format", *map(str, arguments)], input=text)


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_files_are_laid_out_in_place(tmp_path: Path) -> None:
    crooked, straight = file(tmp_path, "a.idl", CROOKED), file(tmp_path, "b.idl", STRAIGHT)
    done = run(crooked, straight)
    assert (done.exit_code, done.output) == (0, f"formatted {crooked}\n")
    assert crooked.read_text() == straight.read_text() == STRAIGHT
    assert run(crooked, straight).output == ""


def test_a_file_that_is_right_is_not_touched(tmp_path: Path) -> None:
    straight = file(tmp_path, "b.idl", STRAIGHT)
    before = straight.stat()
    assert run(straight).exit_code == 0
    assert (straight.stat().st_mtime_ns, straight.stat().st_ino) == (
        before.st_mtime_ns,
        before.st_ino,
    )


def test_check_writes_nothing_and_ends_with_1(tmp_path: Path) -> None:
    crooked, straight = file(tmp_path, "a.idl", CROOKED), file(tmp_path, "b.idl", STRAIGHT)
    done = run("--check", crooked, straight)
    assert (done.exit_code, done.stderr) == (1, f"would format {crooked}\n")
    assert crooked.read_text() == CROOKED
    assert run("--check", straight).exit_code == 0


def test_diff_shows_what_would_change(tmp_path: Path) -> None:
    crooked = file(tmp_path, "a.idl", CROOKED)
    done = run("--diff", crooked)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"--- {crooked}",
        f"+++ {crooked} (formatted)",
        "@@ -1,2 +1,3 @@",
        " struct S {",
        "-  long   a; };",
        "+    long a;",
        "+};",
    ]
    assert crooked.read_text() == CROOKED


def test_a_dash_reads_standard_input() -> None:
    done = run("-", text=CROOKED)
    assert (done.exit_code, done.output) == (0, STRAIGHT)
    done = run("-", text="long a; /* b")
    assert done.exit_code == 1
    assert done.stderr.startswith("<stdin>:1:9: error ORPC0003: ")
    done = run("-", text=b"long \xff;")
    assert done.exit_code == 1
    assert "<stdin> is not UTF-8 at byte 5" in done.stderr


def test_nothing_is_written_if_one_of_several_files_is_refused(tmp_path: Path) -> None:
    crooked = file(tmp_path, "a.idl", CROOKED)
    broken = file(tmp_path, "b.idl", 'const LPCWSTR A = L"x;\n')
    done = run(crooked, broken)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"{broken}:1:19: error ORPC0004: ")
    assert crooked.read_text() == CROOKED


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.idl"
    path.write_bytes(b"// \xe4\nlong a;\n")
    done = run(path)
    assert done.exit_code == 1
    assert f"{path}:1:4: error ORPC0001: " in done.stderr


def test_nothing_to_lay_out_is_wrong_use(tmp_path: Path) -> None:
    assert run().exit_code == 2
    assert run(tmp_path / "nowhere.idl").exit_code == 2
