"""Write the module of every IDL file of a folder, and of the headers that they import.

What is written is for format and type checkers: `python .ci/corpus_modules.py CORPUS OUT`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from corpus import folders

from pyorpc.midl.compile import Compiler
from pyorpc.midl.tree_cache import TreeCache


def main(corpus: Path, out: Path) -> int:
    """Write the modules; those of imported files only where the file gives none by itself."""
    include = folders(corpus)
    trees = TreeCache()
    modules: dict[str, str] = {}
    imported: dict[str, str] = {}
    for path in sorted(corpus.rglob("*.idl")):
        compiler = Compiler(include, trees=trees)
        module = compiler.compile(path, out, in_parts=True)
        if module is not None:
            modules.update(module.files())
            for one in compiler.compile_imported(out):
                imported.update(
                    {name: text for name, text in one.files().items() if name not in imported}
                )
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*_idl.py"):
        old.unlink()
    for name, text in {**imported, **modules}.items():
        (out / name).write_text(text, encoding="utf-8")
    print(f"{len(modules)} modules of IDL files, {len(imported.keys() - modules)} of headers")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
