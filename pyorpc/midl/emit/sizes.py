"""How the size of an array is computed in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model

if TYPE_CHECKING:
    from collections.abc import Callable

PYTHON_OPERATORS = {"/": "//", "&&": "and", "||": "or"}
ATOMS = (model.SizeNumber, model.SizeName)


def size_text(size: model.Size, name: Callable[[str], str]) -> str:
    """Give the expression; `name` says what a parameter or field is called here."""
    match size:
        case model.SizeNumber():
            return str(size.value)
        case model.SizeName():
            return f"({name(size.name)} or 0)" if size.is_nullable else name(size.name)
        case model.SizeIsSet():
            return f"{name(size.name)} is not None"
        case model.SizeUnary():
            operand = _operand(size.operand, name)
            return f"not {operand}" if size.operator == "!" else f"{size.operator}{operand}"
        case model.SizeBinary():
            operator = PYTHON_OPERATORS.get(size.operator, size.operator)
            return f"{_operand(size.left, name)} {operator} {_operand(size.right, name)}"
        case model.SizeChoice():
            yes, no = _operand(size.yes, name), _operand(size.no, name)
            return f"{yes} if {_operand(size.condition, name)} else {no}"


def _operand(size: model.Size, name: Callable[[str], str]) -> str:
    text = size_text(size, name)
    return text if isinstance(size, ATOMS) else f"({text})"
