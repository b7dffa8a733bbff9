"""Draws docs/idl-errors.md from the table of mistakes, and from the broken files of the tests.

python docs/idl_errors.py
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Final

from pyorpc.midl.mistakes import Mistake

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "idl-errors.md"
BAD: Final = ROOT / "tests" / "midl" / "bad"
EXPECTED: Final = re.compile(r"^(.*?) *// error (ORPC\d{4}): (.*?)(?=  // error |$)")
LONGEST_LINE: Final = 90
GROUPS: Final = {
    0: "Text, files and the preprocessor",
    1: "Parameters",
    2: "Names",
    3: "Constants and enums",
    4: "Types, arrays, structs and unions",
    5: "Interfaces, methods, libraries and classes",
    6: "Attributes",
}
INTRODUCTION: Final = """\
# Errors in IDL files

<!-- Drawn by docs/idl_errors.py from pyorpc/midl/mistakes.py and tests/midl/bad. Run it again. -->

Each error is printed as `file:line:col: error ORPCnnnn: text`, with the line and a caret; the exit
code is 1. `{...}` stands for what the message fills in. The examples are lines of the files in
`tests/midl/bad`, which show each error where it is reported. Numbers are never reused.
"""


def page() -> str:
    examples = first_examples()
    by_group: dict[int, list[Mistake]] = defaultdict(list)
    for one in Mistake:
        by_group[one.number // 100].append(one)
    sections = [section(GROUPS[group], found, examples) for group, found in by_group.items()]
    return "\n".join([INTRODUCTION, *sections])


def section(title: str, mistakes: list[Mistake], examples: dict[str, str]) -> str:
    lines = [f"## {title}", "", "| Code | Text | For example |", "|---|---|---|"]
    for one in mistakes:
        example = examples.get(one.code, "")
        shown = f"`{escaped(example)}`" if example else ""
        lines.append(f"| {one.code} | {escaped(one.text)} | {shown} |")
    return "\n".join([*lines, ""])


def first_examples() -> dict[str, str]:
    """For each code, the shortest line that shows it."""
    found: dict[str, str] = {}
    for path in sorted(BAD.glob("*.idl")):
        for line in path.read_text("utf-8").splitlines():
            match = EXPECTED.match(line)
            if match is None:
                continue
            text, code = match.group(1).strip(), match.group(2)
            is_shorter = code not in found or len(text) < len(found[code])
            if text and len(text) <= LONGEST_LINE and "`" not in text and is_shorter:
                found[code] = text
    return found


def escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
