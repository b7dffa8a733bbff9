"""Draws the table of docs/idl-breaking.md from the rules in the code.

python docs/breaking.py
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pyorpc.midl.breaking.rules import Rule

PAGE: Final = Path(__file__).resolve().parent / "idl-breaking.md"
PLACE: Final = re.compile(r"(<!-- rules: [^\n]*-->\n).*(<!-- /rules -->\n)", re.DOTALL)
HEAD: Final = "| Code | Change | Breaks | Instead |\n|---|---|---|---|\n"
WORDS: Final = {"name": "*X*", "parent": "*P*", "home": "*I*", "old": "*old*", "new": "*new*"}


def page() -> str:
    """The page with the table as it should be."""
    table = HEAD + "".join(row(rule) for rule in Rule)
    return PLACE.sub(lambda found: found[1] + table + found[2], PAGE.read_text())


def row(rule: Rule) -> str:
    text, hint = plain(rule.value.text), plain(rule.value.hint)
    return f"| {rule.code} | {text} | {rule.value.breaks.value} | {hint} |\n"


def plain(text: str) -> str:
    """A format string with its words as examples, safe in a table."""
    return text.replace("[", "\\[").replace("|", "\\|").format(**WORDS)


if __name__ == "__main__":
    PAGE.write_text(page())
