"""What stands at an offset of a text, however broken the text is."""

from __future__ import annotations

import re

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
IMPORT = re.compile(r"^[ \t]*(?:import|#[ \t]*include)\b[^;\n]*", re.MULTILINE)
STRING = re.compile(r'"([^"\n]*)"|<([^>\n]*)>')
COMMENT = re.compile(r'//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:[^"\\\n]|\\.)*"', re.DOTALL)


def word_at(text: str, offset: int) -> str:
    """Give the name that the offset is in, or at the end of; nothing in a comment."""
    if is_in_comment(text, offset):
        return ""
    line_start = text.rfind("\n", 0, offset) + 1
    for match in WORD.finditer(text, line_start):
        if match.start() > offset:
            break
        if match.end() >= offset:
            return match.group()
    return ""


def import_at(text: str, offset: int) -> str:
    """Give the name of the file in the import that the offset is in."""
    for line in IMPORT.finditer(text):
        if line.start() <= offset <= line.end():
            for match in STRING.finditer(text, line.start(), line.end()):
                if match.start() <= offset <= match.end():
                    return match.group(1) or match.group(2) or ""
    return ""


def is_in_comment(text: str, offset: int) -> bool:
    """True inside of a comment or a string."""
    for match in COMMENT.finditer(text):
        if match.start() >= offset:
            return False
        found = match.group()
        is_open = found.startswith("//") or (found.startswith("/*") and not found.endswith("*/"))
        if offset < match.end() + is_open:
            return True
    return False


def is_in_attributes(text: str, offset: int) -> bool:
    """True where an attribute is to be written: in a `[` that opens no array."""
    depth = 0
    for at in range(offset - 1, -1, -1):
        char = text[at]
        if char in ";{}":
            return False
        if char in ")]":
            depth += 1
        elif char in "([":
            if depth == 0:
                return char == "[" and not _is_array(text, at)
            depth -= 1
    return False


def _is_array(text: str, opening: int) -> bool:
    """True for the `[` of an array: it stands behind a name, or behind another array."""
    before = text[:opening].rstrip()
    word = re.search(r"[A-Za-z0-9_]+\Z", before)
    if word is not None:
        return word.group() not in ("typedef", "const", "struct", "union", "enum", "interface")
    return before.endswith("]") and text[:opening].endswith("]")
