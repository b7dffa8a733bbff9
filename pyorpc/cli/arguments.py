"""Arguments and results of a call as text: what `pyorpc call` reads and prints. Pure.

A number, a text, true, false, null, the name of an enum's member or a GUID is written as it is;
bytes are hexadecimal digits; lists and structs are JSON, a struct by its fields' names.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import IntEnum
from functools import partial
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    TypeGuard,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from pyorpc.errors import ComError
from pyorpc.ids import Guid
from pyorpc.unknown import IUnknown
from pyorpc.wire.codec import decode_hook
from pyorpc.wire.objref import ObjRef

_NULL: Final = "null"
_WORDS: Final = {"true": True, "false": False}


def read_argument(text: str, expected: Any) -> Any:
    """The value that `text` is for a parameter of that wire type. Raises ValueError: why not."""
    inner, is_nullable = _without_null(expected)
    if text == _NULL and is_nullable:
        return None
    if inner is ObjRef:
        raise ValueError("an interface pointer cannot be written down; only null can")
    try:
        value = _fit(_from_text(text, inner), inner)
        return msgspec.convert(value, expected, dec_hook=decode_hook)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    except (TypeError, RecursionError) as error:
        raise ValueError(f"{text!r:.80}: {error}") from None


def result_text(value: object) -> str:
    """What a method returned, as JSON or nearly so: a pointer shows as its repr."""
    return json.dumps(_plain(value), indent=2, ensure_ascii=False, default=_beyond_json)


# ---- reading -------------------------------------------------------------------------------


def _from_text(text: str, expected: Any) -> Any:
    """As it would stand in JSON."""
    plain = _without_annotation(expected)
    if plain in (str, Guid, bytes):
        return text
    if plain is bool:
        if text not in _WORDS:
            raise ValueError(f"{text!r:.80} is neither true nor false")
        return _WORDS[text]
    if _is_enum(plain):
        return int(text, 0) if text.lstrip("-").isdigit() else text
    if plain is int:
        return _number(text, partial(int, base=0), "a whole number")
    if plain is float:
        return _number(text, float, "a number")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{text!r:.80} is no JSON: {error}") from None


def _number(text: str, read: Callable[[str], object], what: str) -> Any:
    try:
        return read(text)
    except ValueError:
        raise ValueError(f"{text!r:.80} is not {what}") from None


def _fit(value: Any, expected: Any) -> Any:
    """What JSON cannot say, put in the place of the text that stands for it."""
    inner, _ = _without_null(expected)
    plain = _without_annotation(inner)
    if value is None:
        return None
    if plain is ObjRef:
        raise ValueError("an interface pointer cannot be written down; only null can")
    if get_origin(plain) is list and _is_list(value):
        (element,) = get_args(plain)
        return [_fit(each, element) for each in value]
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        return _fields(value, plain)
    return _from_name(value, plain) if isinstance(value, str) else value


def _from_name(text: str, expected: Any) -> Any:
    if expected is bytes:
        return _number(text, bytes.fromhex, "hexadecimal digits")
    if expected is Guid:
        try:
            return Guid(text).bytes  # as it travels
        except ComError as error:
            raise ValueError(error.description) from None
    if _is_enum(expected):
        if text not in expected.__members__:
            raise ValueError(f"{text!r:.80} is none of {', '.join(expected.__members__)}")
        return int(expected[text])
    return text


def _fields(value: Any, struct: type[msgspec.Struct]) -> Any:
    types = get_type_hints(struct, include_extras=True)
    names = struct.__struct_fields__
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        wrong = [*(given.keys() - set(names)), *(set(names) - given.keys())]
        if wrong:
            raise ValueError(f"{struct.__name__} has the fields {', '.join(names)}; see {wrong[0]}")
        value = [given[name] for name in names]
    if not _is_list(value) or len(value) != len(names):
        raise ValueError(f"{struct.__name__} has the fields {', '.join(names)}: write an object")
    return [_fit(each, types[name]) for each, name in zip(value, names, strict=True)]


def _without_null(expected: Any) -> tuple[Any, bool]:
    if get_origin(expected) not in (Union, UnionType):
        return expected, False
    parts = [part for part in get_args(expected) if part is not NoneType]
    return parts[0], len(parts) < len(get_args(expected))


def _without_annotation(expected: Any) -> Any:
    return get_args(expected)[0] if get_origin(expected) is Annotated else expected


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_enum(expected: Any) -> bool:
    return isinstance(expected, type) and issubclass(expected, IntEnum)


# ---- printing ------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    match value:
        case msgspec.Struct():
            return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        case list() | tuple():
            return [_plain(each) for each in cast("list[Any]", value)]
        case IntEnum():
            return value.name if value.name in type(value).__members__ else int(value)
        case _:
            return value


def _beyond_json(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return repr(value) if isinstance(value, IUnknown) else str(value)
