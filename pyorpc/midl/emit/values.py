"""Constants and enums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.emit.docs import write_comment, write_docstring
from pyorpc.midl.emit.layout import assignment, class_head
from pyorpc.midl.emit.names import class_name, enum_member_name

if TYPE_CHECKING:
    from pyorpc.midl import model
    from pyorpc.midl.emit.names import Imports
    from pyorpc.midl.emit.writer import Writer


def write_constant(writer: Writer, constant: model.Constant, imports: Imports) -> None:
    """Write `NAME: Final = value`."""
    write_comment(writer, constant.doc)
    value = value_text(constant.value, is_hex=constant.is_hex)
    name = f"{class_name(constant.name)}: {imports.use('typing', 'Final')}"
    writer.lines(assignment(0, name, value))


def write_enum(writer: Writer, enum: model.Enum, imports: Imports) -> None:
    """Write an enum class."""
    with writer.block(*class_head(class_name(enum.name), (imports.support("OpenIntEnum"),))):
        write_docstring(writer, enum.doc)
        if enum.doc.strip():
            writer.blank()
        for member in enum.members:
            write_comment(writer, member.doc)
            value = value_text(member.value, is_hex=member.is_hex)
            writer.lines(assignment(1, enum_member_name(member.name), value))


def value_text(value: float | str | bool | None, *, is_hex: bool) -> str:
    """Give a constant as Python writes it."""
    if isinstance(value, str):
        return string_text(value)
    if is_hex and isinstance(value, int) and not isinstance(value, bool):
        return f"-0x{-value:X}" if value < 0 else f"0x{value:X}"
    # As the formatter writes an exponent.
    return repr(value).replace("e+", "e") if isinstance(value, float) else repr(value)


def string_text(value: str) -> str:
    """Give a string between the quotes that the formatter prefers."""
    quote = "'" if '"' in value and "'" not in value else '"'
    escaped = (
        value.encode("unicode_escape").decode("ascii")
        if not value.isprintable()
        else value.replace("\\", "\\\\")
    )
    return f"{quote}{escaped.replace(quote, chr(92) + quote)}{quote}"
