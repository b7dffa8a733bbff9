"""Compile all IDL files: the framework's own into the package, others beside their source.

`--check` writes nothing in the tree: it compiles into a copy and fails if the copy differs.
"""

from __future__ import annotations

import difflib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Where an IDL file's module lies beside it.
BESIDE = ("examples", "pyorpc/benchmark", "tests/support", "tests/midl/good")
# Standard files that have interfaces or structs.
STANDARD = (
    *("unknwn.idl", "wtypes.idl", "objidl.idl", "oaidl.idl", "oleidl.idl", "ocidl.idl"),
    *("servprov.idl", "inspectable.idl", "eventtoken.idl"),
)


def targets(root: Path) -> list[tuple[Path, list[Path]]]:
    """Each folder that receives generated modules, with its IDL files."""
    include = ROOT / "pyorpc" / "midl" / "include"  # the compiler knows them by their place
    framework = [include / name for name in STANDARD] + sorted((root / "idl").glob("*.idl"))
    found = [(root / "pyorpc" / "interfaces", framework)]
    others = [path for name in BESIDE for path in (root / name).rglob("*.idl")]
    folders = sorted({path.parent for path in others})
    return found + [(folder, sorted(folder.glob("*.idl"))) for folder in folders]


def compile_all(root: Path) -> int:
    for folder, sources in targets(root):
        command = [sys.executable, "-m", "pyorpc", "idl", "compile", *map(str, sources)]
        done = subprocess.run([*command, "-o", str(folder)], check=False)
        if done.returncode != 0:
            return done.returncode
    return 0


def generated(root: Path) -> dict[str, str]:
    folders = [folder for folder, _ in targets(root)]
    paths = [path for folder in folders for path in folder.glob("*_idl.py")]
    return {str(path.relative_to(root)): path.read_text() for path in paths}


def check() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch)
        for name in ("idl", "pyorpc/interfaces", *BESIDE):
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, copy / name)
        # Which package a folder is decides how generated modules import each other.
        for package in ("pyorpc", "tests", "tests/midl"):
            (copy / package / "__init__.py").touch()
        for path in copy.rglob("*_idl.py"):
            path.unlink()
        if code := compile_all(copy):
            return code
        before, after = generated(ROOT), generated(copy)
    stale = sorted(name for name in before | after if before.get(name) != after.get(name))
    for name in stale:
        old, new = before.get(name, ""), after.get(name, "")
        difference = difflib.unified_diff(old.splitlines(), new.splitlines(), name, "compiled now")
        print("\n".join(list(difference)[:30]))
    if stale:
        print(f"error: out of date: {', '.join(stale)}; run `make idl`")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(check() if sys.argv[1:] == ["--check"] else compile_all(ROOT))
