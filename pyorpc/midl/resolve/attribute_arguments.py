"""What kind of arguments an attribute takes, as far as that shows in how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.words import words

if TYPE_CHECKING:
    from pyorpc.midl.diagnostics import Reporter

TAKE_TEXT = words(
    "helpstring helpfile helpstringdll annotation dllname progid vi_progid endpoint optimize"
)
TAKE_INTEGER = words("id helpcontext helpstringcontext lcid")
TAKE_NUMBER = words("version range")
THREADING = words("apartment single free both neutral none sta mta")
# One argument for each pointer from the outermost on; the empty ones say nothing.
MAY_BE_EMPTY = words("size_is max_is length_is min_is first_is last_is byte_count")
NOT_EXPRESSIONS = (syntax.UuidText, syntax.TypeArgument)


def check_arguments(attribute: syntax.Attribute, reporter: Reporter) -> bool:
    """True if each argument may stand there; the first that may not is refused."""
    name = attribute.name
    for argument in attribute.arguments or ():
        expected = _expected(name, argument)
        if expected:
            place = attribute.place if argument is None else argument.place
            reporter.error(Mistake.ATTRIBUTE_BAD_ARGUMENT, place, name=name, expected=expected)
            return False
    return True


def _expected(name: str, argument: syntax.Argument | None) -> str | None:
    """Give what should stand there instead; None if it may be right."""
    if argument is None:
        return None if name in MAY_BE_EMPTY else "no empty argument"
    literal = argument if isinstance(argument, syntax.Literal) else None
    is_text = literal is not None and isinstance(literal.value, str) and not literal.is_character
    if name == "threading":
        is_known = isinstance(argument, syntax.Reference) and argument.name in THREADING
        return None if is_known else f"one of {', '.join(sorted(THREADING))}"
    if name in TAKE_TEXT:
        return None if is_text else 'a text: "..."'
    if isinstance(argument, NOT_EXPRESSIONS) or is_text:
        is_number = name in TAKE_INTEGER or name in TAKE_NUMBER
        return "a number" if is_number else None
    is_fraction = literal is not None and isinstance(literal.value, float)
    return "an integer" if is_fraction and name in TAKE_INTEGER else None
