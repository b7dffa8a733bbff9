"""Constructs of MIDL that a later version takes: refused with their place, and cut out.

Cutting them out keeps the parser from stumbling over the pieces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.source import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lark import Token

    from pyorpc.midl.diagnostics import Reporter
    from pyorpc.midl.source import SourceFile

BLOCKS = frozenset({"LIBRARY", "COCLASS", "DISPINTERFACE", "MODULE", "NAMESPACE", "RUNTIMECLASS"})
# Safe arrays are refused here too, but they parse.
REFUSED = BLOCKS | {"IMPORTLIB", "UNION", "SAFEARRAY"}
CLOSING = {"LBRACE": "RBRACE", "LPAR": "RPAR", "LSQB": "RSQB"}


def drop_unsupported(
    tokens: Sequence[Token], source: SourceFile, reporter: Reporter
) -> Sequence[Token]:
    """Give the tokens without libraries, classes and unions; all that comes later is reported."""
    if not {token.type for token in tokens} & REFUSED:
        return tokens
    kept: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.type in REFUSED:
            place = Place(source, token.start_pos or 0)
            reporter.error(Mistake.NOT_SUPPORTED_YET, place, what=f"'{token}'")
        if token.type in BLOCKS:
            _drop_attributes(kept)
            index = _after_block(tokens, index)
        elif token.type == "IMPORTLIB":
            index = _after(tokens, index, "SEMICOLON")
        elif token.type == "UNION":
            index = _replace_union(tokens, index, kept)
        else:
            kept.append(token)
            index += 1
    return kept


def _drop_attributes(kept: list[Token]) -> None:
    """Take away the attribute list that belongs to the construct that follows."""
    if not kept or kept[-1].type != "RSQB":
        return
    while kept:
        if kept.pop().type == "LSQB":
            return


def _after_block(tokens: Sequence[Token], index: int) -> int:
    """Give the index behind `word NAME { ... };` or `word NAME;`."""
    while index < len(tokens) and tokens[index].type not in ("LBRACE", "SEMICOLON"):
        index += 1
    if index < len(tokens) and tokens[index].type == "LBRACE":
        index = _after_group(tokens, index)
        if index < len(tokens) and tokens[index].type != "SEMICOLON":
            return index
    return index + 1


def _after(tokens: Sequence[Token], index: int, kind: str) -> int:
    while index < len(tokens) and tokens[index].type != kind:
        index += 1
    return index + 1


def _after_group(tokens: Sequence[Token], index: int) -> int:
    """Give the index behind the group that opens at `index`."""
    opening, closing = tokens[index].type, CLOSING[tokens[index].type]
    depth = 0
    while index < len(tokens):
        depth += {opening: 1, closing: -1}.get(tokens[index].type, 0)
        index += 1
        if depth == 0:
            break
    return index


def _replace_union(tokens: Sequence[Token], index: int, kept: list[Token]) -> int:
    """Put a base type in the place of a union, so that what holds it still parses."""
    union = tokens[index]
    kept.append(union.update("BASE", "long"))
    index += 1
    while index < len(tokens) and tokens[index].type == "NAME":
        index += 1
        if tokens[index - 1] == "switch" and index < len(tokens) and tokens[index].type == "LPAR":
            index = _after_group(tokens, index)
    if index < len(tokens) and tokens[index].type == "LBRACE":
        return _after_group(tokens, index)
    return _restored_name(tokens, index, kept)


def _restored_name(tokens: Sequence[Token], index: int, kept: list[Token]) -> int:
    """Put back the declared name in `union U u`, where the loop above ate both names."""
    if index >= 1 and tokens[index - 1].type == "NAME" and tokens[index - 2].type == "NAME":
        kept.append(tokens[index - 1])
    return index
