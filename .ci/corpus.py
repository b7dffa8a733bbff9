"""Check each IDL file of a folder by itself, and print the score.

A fragment, which only stands inside of the files that include it, counts when one of them is
accepted.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

from pyorpc.midl.compile import Compiler
from pyorpc.midl.tree_cache import TreeCache

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)', re.MULTILINE)
MOST_SHOWN = 3


def folders(corpus: Path) -> list[Path]:
    """Where imports are looked for: beside oaidl.idl, and in its neighbour `wine`."""
    windows = next(corpus.rglob("oaidl.idl")).parent
    return [windows, *(one for one in [windows.parent / "wine"] if one.is_dir())]


def includers(files: list[Path]) -> dict[str, set[Path]]:
    """Which files include a name."""
    found: dict[str, set[Path]] = {}
    for path in files:
        for name in INCLUDE.findall(path.read_text("utf-8", errors="replace")):
            found.setdefault(Path(name).name, set()).add(path)
    return found


def main(corpus: Path) -> int:
    files = sorted(corpus.rglob("*.idl"))
    include = folders(corpus)
    trees = TreeCache()  # in memory: what a file imports was often parsed before
    refused: dict[Path, str] = {}
    times: list[tuple[float, str]] = []
    for path in files:
        started = time.monotonic()
        compiler = Compiler(include, trees=trees)
        compiler.check(path)
        times.append((time.monotonic() - started, path.name))
        if compiler.reporter.has_errors:
            refused[path] = compiler.reporter.render()
    by_name = includers(files)
    fragments = {
        path for path in refused if any(one not in refused for one in by_name.get(path.name, set()))
    }
    lost = {path: text for path, text in refused.items() if path not in fragments}
    for text in lost.values():
        print("\n".join(text.splitlines()[: 3 * MOST_SHOWN]))
    alone = len(files) - len(refused)
    print(f"{len(files)} files: {alone} accepted alone, {len(fragments)} as fragments")
    seconds, slowest = max(times)
    total = sum(each for each, _ in times)
    print(f"{total:.1f} s in all; the slowest is {slowest} with {seconds:.1f} s")
    print(f"score: {alone + len(fragments)} of {len(files)}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
