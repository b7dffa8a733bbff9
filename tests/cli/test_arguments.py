"""What `pyorpc call` reads and prints."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pyorpc.cli.arguments import read_argument, result_text
from pyorpc.ids import Guid
from pyorpc.unknown import IUnknown
from pyorpc.wire.codec import OpenIntEnum, Struct
from pyorpc.wire.numbers import Byte, Char, Long
from pyorpc.wire.objref import ObjRef

ID = "0d1c7a52-3b0e-4f6f-8a4c-1f7f0a9e2b11"


class Heat(OpenIntEnum):
    COLD = 0
    HOT = 5


class Point(Struct, frozen=True):
    x: Long
    heat: Heat
    next: Point | None


class Named(Struct, frozen=True):
    id: Guid
    digits: bytes
    other: ObjRef | None


@pytest.mark.parametrize(
    ("text", "expected", "value"),
    [
        ("5", Long, 5),
        ("-0x10", Long, -16),
        ("5", str, "5"),
        ("null", str, "null"),
        ("null", str | None, None),
        ("null", ObjRef | None, None),
        ("x", Char, "x"),
        ("true", bool, True),
        ("1.5e3", float, 1500.0),
        ("7", float, 7.0),
        ("HOT", Heat, Heat.HOT),
        ("5", Heat, Heat.HOT),
        ("77", Heat, Heat(77)),
        (ID.upper(), Guid, Guid(ID)),
        ("00ff", bytes, b"\x00\xff"),
        ("[1, 2]", list[Long], [1, 2]),
        ('["HOT", 0]', list[Heat], [Heat.HOT, Heat.COLD]),
        ('[["ff"]]', list[list[bytes]], [[b"\xff"]]),
        ('{"x": 1, "heat": "HOT", "next": null}', Point, Point(1, Heat.HOT, None)),
        (
            '[1, 0, {"x": 2, "heat": 5, "next": null}]',
            Point | None,
            Point(1, Heat.COLD, Point(2, Heat.HOT, None)),
        ),
        (
            f'{{"id": "{ID}", "digits": "01", "other": null}}',
            Named,
            Named(Guid(ID), b"\x01", None),
        ),
    ],
)
def test_an_argument_is_read_by_its_type(text: str, expected: Any, value: object) -> None:
    read = read_argument(text, expected)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "expected", "reason"),
    [
        ("five", Long, "'five' is not a whole number"),
        ("1.5", Long, "not a whole number"),
        ("256", Byte, "<= 255"),
        ("x", float, "not a number"),
        ("yes", bool, "neither true nor false"),
        ("xy", Char, "<= 1"),
        ("WARM", Heat, "none of COLD, HOT"),
        ("nothing", Guid, "nothing"),
        ("0g", bytes, "not hexadecimal digits"),
        ("[1", list[Long], "is no JSON"),
        ("1", list[Long], "Expected `array`"),
        ('["x"]', list[Long], "Expected `int`"),
        ('{"x": 1}', Point, "has the fields x, heat, next"),
        ('{"x": 1, "heat": 0, "next": null, "y": 1}', Point, "see y"),
        ("[1]", Point, "write an object"),
        ("7", Point, "write an object"),
        ("MEOW", ObjRef | None, "only null can"),
        (f'["{ID}", "", "x"]', Named, "only null can"),
        ("[" * 100_000, list[Long], "recursion"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(
    text: str, expected: Any, reason: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        read_argument(text, expected)


def test_a_result_is_json_or_nearly_so() -> None:
    value = (
        Point(1, Heat.HOT, None),
        [Heat(77), True, 1.5, "Käse", None],
        Guid(ID),
        b"\x01",
        IUnknown(),
    )
    text = result_text(value)
    squeezed = " ".join(text.split())
    assert squeezed.startswith(
        '[ { "x": 1, "heat": "HOT", "next": null }, [ 77, true, 1.5, "Käse", null ],'
    )
    assert f'"{ID}", "01", "<' in squeezed
