"""Sizes of arrays, as expressions that are evaluated at run time; part of the model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SizeNumber:
    """A number known now."""

    value: int


@dataclass(frozen=True, slots=True)
class SizeName:
    """The value of a parameter or a field; a null pointer counts as 0."""

    name: str
    is_nullable: bool


@dataclass(frozen=True, slots=True)
class SizeIsSet:
    """1 if the pointer of a parameter or field is not null."""

    name: str


@dataclass(frozen=True, slots=True)
class SizeUnary:
    """A prefix operator of a size."""

    operator: str
    operand: Size


@dataclass(frozen=True, slots=True)
class SizeBinary:
    """A binary operator of a size."""

    operator: str
    left: Size
    right: Size


@dataclass(frozen=True, slots=True)
class SizeChoice:
    """`condition ? yes : no`."""

    condition: Size
    yes: Size
    no: Size


Size = SizeNumber | SizeName | SizeIsSet | SizeUnary | SizeBinary | SizeChoice
