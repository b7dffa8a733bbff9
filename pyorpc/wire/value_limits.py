"""ValueLimits: how deep, and of how many containers, a peer's values may be. Pure.

Asked before a body is decoded, so that a short message cannot become a large value. Most bodies
are let through by their length, or because their declared types cannot hold that much.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec
import msgspec.inspect

from pyorpc.errors import HRESULT, ComError


class Growth(NamedTuple):
    """What values of a type may do that its declaration does not bound."""

    may_nest: bool  # contain values of their own type, or anything
    may_multiply: bool  # hold containers in a list


class ValueLimits:
    """The limits of one Runtime. Numbers, strings and bytes are no containers."""

    __slots__ = ("harmless", "max_depth", "max_elements")

    def __init__(self, max_depth: int = 64, max_elements: int = 1_000_000) -> None:
        self.max_depth = max_depth
        self.max_elements = max_elements
        # A container takes a byte at least, so a body of that length is within both limits.
        self.harmless = min(max_depth, max_elements)

    def check(self, body: bytes, growth: Growth, what: str) -> None:
        """Raise RPC_X_BAD_STUB_DATA for a body whose values would be too deep or too many."""
        if not growth.may_multiply:
            return
        heads = len(body) - len(body.translate(None, _HEADS))
        if heads <= (self.harmless if growth.may_nest else self.max_elements):
            return  # no more containers than bytes that could begin one
        depth, containers = measure(body, self.max_depth + 1, self.max_elements)
        # The body itself, the array of the [in]s, is no value.
        if depth > self.max_depth + 1:
            raise _excess(f"{what} are nested", self.max_depth, "levels", "max_value_depth")
        if containers > self.max_elements:
            raise _excess(f"{what} hold", self.max_elements, "containers", "max_elements")


def _excess(what: str, limit: int, unit: str, setting: str) -> ComError:
    return ComError(
        HRESULT.RPC_X_BAD_STUB_DATA,
        f"{what} more than {limit} {unit} (setting {setting})",
        executed="no",
    )


# ---- What a type allows --------------------------------------------------------------------


def growth_of(declared: Any) -> Growth:
    """What the declaration of some [in]s or [out]s leaves open."""
    may_nest, may_multiply = _open(msgspec.inspect.type_info(declared), ())
    return Growth(may_nest, may_multiply or may_nest)


def _open(declared: Any, inside: tuple[int, ...]) -> Growth:
    """(may nest, may multiply). `inside` are the types that this one is a part of."""
    if isinstance(declared, msgspec.inspect.AnyType) or id(declared) in inside:
        return Growth(may_nest=True, may_multiply=True)
    parts = _parts(declared)
    below = [_open(part, (*inside, id(declared))) for part in parts]
    may_nest = any(part.may_nest for part in below)
    may_multiply = any(part.may_multiply for part in below)
    if isinstance(declared, _REPEATED):
        may_multiply = may_multiply or any(_is_container(part) for part in parts)
    return Growth(may_nest, may_multiply)


def _parts(declared: Any) -> tuple[Any, ...]:
    """The types that values of this one are made of."""
    match declared:
        case msgspec.inspect.CollectionType():
            return (declared.item_type,)
        case msgspec.inspect.TupleType():
            return declared.item_types
        case msgspec.inspect.DictType():
            return (declared.key_type, declared.value_type)
        case msgspec.inspect.UnionType():
            return declared.types
        case msgspec.inspect.StructType() | msgspec.inspect.NamedTupleType():
            return tuple(field.type for field in declared.fields)
        case _:
            return ()


def _is_container(declared: Any) -> bool:
    if isinstance(declared, msgspec.inspect.UnionType):
        return any(_is_container(each) for each in declared.types)
    return bool(_parts(declared)) or isinstance(declared, msgspec.inspect.AnyType)


_REPEATED: Final = (msgspec.inspect.CollectionType, msgspec.inspect.DictType)

# ---- What a body holds ---------------------------------------------------------------------

# The bytes that begin a map or an array; in a string or a number they mean nothing.
_HEADS: Final = bytes((*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF))


def _whole_lengths() -> tuple[int, ...]:
    """By its first byte, how many bytes a value takes; 0 where the next ones say it."""
    lengths = [1] * 256
    for head in range(0x80, 0xA0):
        lengths[head] = 0
    for head in range(0xA0, 0xC0):
        lengths[head] = 1 + head - 0xA0
    fixed = {0xCA: 5, 0xCB: 9, 0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5}
    fixed |= {0xD3: 9, 0xD4: 3, 0xD5: 4, 0xD6: 6, 0xD7: 10, 0xD8: 18}
    for head, length in fixed.items():
        lengths[head] = length
    for head in (*_LENGTH_BYTES, 0xDC, 0xDD, 0xDE, 0xDF):
        lengths[head] = 0
    return tuple(lengths)


# Of bin, ext and str: how many bytes the length takes, and what comes besides it.
_LENGTH_BYTES: Final = {
    0xC4: (1, 2),
    0xC5: (2, 3),
    0xC6: (4, 5),
    0xC7: (1, 3),
    0xC8: (2, 4),
    0xC9: (4, 6),
    0xD9: (1, 2),
    0xDA: (2, 3),
    0xDB: (4, 5),
}
_LENGTHS: Final = _whole_lengths()


def measure(body: bytes, enough_depth: int, enough_containers: int) -> tuple[int, int]:
    """(depth, containers) of a body, or more than enough of one. A broken one: as far as it goes.

    Iterative: it is what protects the recursive ones.
    """
    at = deepest = containers = 0
    left = 1  # values that the container at hand still lacks
    outer: list[int] = []
    end = len(body)
    while at < end:
        while left == 0:
            if not outer:
                return deepest, containers
            left = outer.pop()
        left -= 1
        length = _LENGTHS[body[at]]
        if length:
            at += length
            continue
        at, members = _open_at(body, at)
        if members < 0:
            continue
        containers += 1
        outer.append(left)
        left = members
        deepest = max(deepest, len(outer))
        if deepest > enough_depth or containers > enough_containers:
            break
    return deepest, containers


def _open_at(body: bytes, at: int) -> tuple[int, int]:
    """Where the next value begins, and how many members a container has; -1: it is none."""
    head = body[at]
    if head in _LENGTH_BYTES:
        size, besides = _LENGTH_BYTES[head]
        return at + besides + int.from_bytes(body[at + 1 : at + 1 + size], "big"), -1
    if head < 0x90:
        return at + 1, 2 * (head - 0x80)
    if head < 0xA0:
        return at + 1, head - 0x90
    size = 2 if head in (0xDC, 0xDE) else 4
    members = int.from_bytes(body[at + 1 : at + 1 + size], "big")
    return at + 1 + size, members * (2 if head >= 0xDE else 1)
