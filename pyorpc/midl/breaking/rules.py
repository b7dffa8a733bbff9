"""The table of changes that break somebody: what changed, who breaks, why, and what to do instead.

A published interface is never changed; a new one is derived from it. Numbers are never reused.
Changes that are not in the table break nobody.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Breaks(Enum):
    """Who breaks."""

    CALLERS = "old callers"
    SERVERS = "old servers"
    BOTH = "old callers and old servers"
    SOURCE = "source code only"


DERIVE = "leave {home} as it is and derive {home}2 : {home}"
DERIVE_SELF = "leave {name} as it is and derive {name}2 : {name}"
NEW_TYPE = "leave {home} as it is; give a type of another name to a method of a new interface"
NEW_CONSTANT = "leave {name} as it is and add another constant"
KEEP = "keep {name} beside what is new"


class Row(NamedTuple):
    """What is known of a change. `text` and `hint` are format strings."""

    number: int
    kind: str
    change: str
    breaks: Breaks
    text: str
    hint: str


CALLERS, SERVERS, BOTH, SOURCE = Breaks
# fmt: off


class Rule(Enum):
    """One kind of change: number, kind of thing, change, who breaks, text, hint."""

    INTERFACE_REMOVED = Row(
        101, "interface", "removed", CALLERS,
        "interface {name} is gone; old callers still ask for it", KEEP,
    )
    INTERFACE_RENAMED = Row(
        102, "interface", "renamed", SOURCE,
        "interface {old} is called {new} now", "keep the name; nothing on the wire needs another",
    )
    INTERFACE_UUID = Row(
        103, "interface", "uuid", BOTH,
        "the uuid of {name} was {old} and is {new}: neither side knows the other's interface",
        "give the new uuid to a new interface: {name}2 : {name}",
    )
    INTERFACE_ASYNC_UUID = Row(
        104, "interface", "async_uuid", CALLERS,
        "the async_uuid of {name} was {old} and is {new}: old callers make calls with the old one",
        "keep it; a new interface may have another",
    )
    INTERFACE_BASE = Row(
        105, "interface", "base", BOTH,
        "the base of {name} was {old} and is {new}: all methods get other numbers", DERIVE_SELF,
    )
    INTERFACE_LOCAL = Row(
        106, "interface", "local", BOTH,
        "{name} is [local] on one side only: it has a proxy there and none here", DERIVE_SELF,
    )
    INTERFACE_POINTERS = Row(
        107, "interface", "pointer_default", BOTH,
        "pointer_default of {name} was {old} and is {new}: pointers may be null where they "
        "were not",
        "write the attribute on the new pointers",
    )
    METHOD_REMOVED = Row(
        201, "method", "removed", BOTH,
        "method {name} is gone; those behind it get other numbers", DERIVE,
    )
    METHOD_INSERTED = Row(
        202, "method", "inserted", BOTH,
        "method {name} is new before old ones, which get other numbers", DERIVE,
    )
    METHOD_ADDED = Row(
        203, "method", "added", SERVERS,
        "method {name} is new in {parent}; old servers have no such method", DERIVE,
    )
    METHOD_MOVED = Row(
        204, "method", "moved", BOTH,
        "method {name} stands elsewhere: calls of it arrive at another method", "put it back",
    )
    METHOD_RENAMED = Row(
        205, "method", "renamed", SOURCE,
        "method {old} is called {new} now; its number is the same", "keep the name",
    )
    METHOD_RETURNS = Row(
        206, "method", "returns", BOTH,
        "{name} returned {old} and returns {new}", DERIVE,
    )
    METHOD_CALL_AS = Row(
        207, "method", "call_as", BOTH,
        "call_as of {name} was {old} and is {new}: another method travels in its place", DERIVE,
    )
    METHOD_LOCAL = Row(
        208, "method", "local", BOTH,
        "{name} is [local] on one side only: it travels there and not here", DERIVE,
    )
    METHOD_ID = Row(
        209, "method", "id", CALLERS,
        "the id of {name} was {old} and is {new}: late-bound callers use the old one",
        "keep the id",
    )
    METHOD_MAYBE = Row(
        210, "method", "maybe", SOURCE,
        "{name} is [maybe] on one side only: whether callers wait depends on their age",
        "add another method to a new interface",
    )
    METHOD_IDEMPOTENT = Row(
        211, "method", "idempotent added", SERVERS,
        "{name} is [idempotent] now: new callers repeat it at old servers that do not expect it",
        DERIVE,
    )
    METHOD_NOT_IDEMPOTENT = Row(
        212, "method", "idempotent removed", CALLERS,
        "{name} is no longer [idempotent], but old callers repeat it", DERIVE,
    )
    METHOD_VARARG = Row(
        213, "method", "vararg", BOTH,
        "{name} is [vararg] on one side only", DERIVE,
    )
    LATE_METHOD_REMOVED = Row(
        221, "late-bound method", "removed", CALLERS,
        "{name} is gone; old callers get DISP_E_MEMBERNOTFOUND", "keep it",
    )
    LATE_METHOD_ADDED = Row(
        222, "late-bound method", "added", SERVERS,
        "{name} is new; old servers answer DISP_E_MEMBERNOTFOUND", "add it to a new dispinterface",
    )
    PARAMETER_REMOVED = Row(
        301, "parameter", "removed", BOTH,
        "parameter {name} of {parent} is gone", DERIVE,
    )
    PARAMETER_ADDED = Row(
        302, "parameter", "added", BOTH,
        "parameter {name} of {parent} is new", DERIVE,
    )
    PARAMETER_MOVED = Row(
        303, "parameter", "moved", BOTH,
        "parameter {name} of {parent} stands elsewhere", "put it back",
    )
    PARAMETER_RENAMED = Row(
        304, "parameter", "renamed", SOURCE,
        "parameter {old} of {parent} is called {new} now: callers may pass it by name",
        "keep the name",
    )
    PARAMETER_DIRECTION = Row(
        305, "parameter", "direction", BOTH,
        "parameter {name} of {parent} was [{old}] and is [{new}]", DERIVE,
    )
    PARAMETER_RETVAL = Row(
        306, "parameter", "retval", SOURCE,
        "parameter {name} of {parent} is [retval] on one side only", "leave it as it is",
    )
    DEFAULT_REMOVED = Row(
        307, "parameter", "default removed", SOURCE,
        "parameter {name} of {parent} has no default any more", "keep the default",
    )
    DEFAULT_CHANGED = Row(
        308, "parameter", "default changed", SOURCE,
        "the default of {name} was {old} and is {new}: callers send that of their time",
        "keep the default",
    )
    TYPE_CHANGED = Row(
        321, "value", "type", BOTH,
        "the type of {name} was {old} and is {new}", DERIVE,
    )
    NULL_FORBIDDEN = Row(
        322, "value", "null forbidden", CALLERS,
        "{name} may no longer be null ([{old}], now [{new}]); old callers may pass null", DERIVE,
    )
    NULL_ALLOWED = Row(
        323, "value", "null allowed", SERVERS,
        "{name} may be null now ([{old}], now [{new}]); old servers do not expect it", DERIVE,
    )
    ALIASES_CHANGED = Row(
        324, "value", "aliases", BOTH,
        "{name} was a [{old}] pointer and is [{new}]: equal pointers travel differently", DERIVE,
    )
    SIZE_CHANGED = Row(
        325, "value", "size", BOTH,
        "the size of {name} was {old} and is {new}", DERIVE,
    )
    IID_IS_CHANGED = Row(
        326, "value", "iid_is", BOTH,
        "iid_is of {name} was {old} and is {new}", DERIVE,
    )
    STRING_CHANGED = Row(
        327, "value", "string", BOTH,
        "{name} is a [string] on one side only", DERIVE,
    )
    SWITCH_CHANGED = Row(
        328, "value", "switch_is", BOTH,
        "what selects the arm of {name} was {old} and is {new}", DERIVE,
    )
    RANGE_NARROWED = Row(
        329, "value", "range narrowed", CALLERS,
        "the range of {name} was {old} and is {new}: what old callers pass may be refused", DERIVE,
    )
    RANGE_WIDENED = Row(
        330, "value", "range widened", SERVERS,
        "the range of {name} was {old} and is {new}: old servers refuse the new values", DERIVE,
    )
    STRUCT_REMOVED = Row(
        401, "struct", "removed", SOURCE,
        "struct {name} is gone", KEEP,
    )
    FIELD_REMOVED = Row(
        411, "field", "removed", BOTH,
        "field {name} of {parent} is gone", NEW_TYPE,
    )
    FIELD_INSERTED = Row(
        412, "field", "inserted", BOTH,
        "field {name} of {parent} is new before old ones", NEW_TYPE,
    )
    FIELD_ADDED = Row(
        413, "field", "added", BOTH,
        "field {name} of {parent} is new and has no default: structs of old peers lack it",
        NEW_TYPE,
    )
    FIELD_MOVED = Row(
        414, "field", "moved", BOTH,
        "field {name} of {parent} stands elsewhere", "put it back",
    )
    FIELD_RENAMED = Row(
        415, "field", "renamed", SOURCE,
        "field {old} of {parent} is called {new} now", "keep the name",
    )
    UNION_REMOVED = Row(
        421, "union", "removed", SOURCE,
        "union {name} is gone", KEEP,
    )
    UNION_SWITCH = Row(
        422, "union", "switch", BOTH,
        "what selects an arm of {name} was {old} and is {new}", "make a new union",
    )
    ARM_REMOVED = Row(
        423, "arm", "removed", BOTH,
        "arm {name} of {parent} is gone; old peers still send it", NEW_TYPE,
    )
    ARM_ADDED = Row(
        424, "arm", "added", BOTH,
        "arm {name} of {parent} is new; old peers cannot read it", NEW_TYPE,
    )
    ENUM_REMOVED = Row(
        431, "enum", "removed", SOURCE,
        "enum {name} is gone", KEEP,
    )
    ENUM_WIDTH = Row(
        432, "enum", "v1_enum", BOTH,
        "{name} is [v1_enum] on one side only: its values have other limits", "leave it as it is",
    )
    MEMBER_REMOVED = Row(
        433, "member", "removed", BOTH,
        "{name} of {parent} is gone; old peers still send it", KEEP,
    )
    MEMBER_RENAMED = Row(
        434, "member", "renamed", SOURCE,
        "{old} of {parent} is called {new} now", "keep the name",
    )
    MEMBER_VALUE = Row(
        435, "member", "value", BOTH,
        "{name} of {parent} was {old} and is {new}: it means something else to old peers",
        "give new members new values, at the end",
    )
    CONSTANT_REMOVED = Row(
        501, "constant", "removed", SOURCE,
        "constant {name} is gone", KEEP,
    )
    CONSTANT_VALUE = Row(
        502, "constant", "value", BOTH,
        "{name} was {old} and is {new}; whoever was built before has the old value", NEW_CONSTANT,
    )
    TYPEDEF_REMOVED = Row(
        511, "typedef", "removed", SOURCE,
        "type {name} is gone", KEEP,
    )
    CLASS_REMOVED = Row(
        601, "class", "removed", CALLERS,
        "class {name} is gone; old callers make its objects", KEEP,
    )
    CLASS_UUID = Row(
        602, "class", "uuid", CALLERS,
        "the uuid of class {name} was {old} and is {new}: old callers make objects of the old one",
        "keep the uuid, or register the new class beside the old one",
    )
    CLASS_INTERFACE_REMOVED = Row(
        603, "class interface", "removed", CALLERS,
        "class {parent} no longer has {name}, which old callers ask for", "keep it",
    )
    CLASS_DEFAULT = Row(
        604, "class interface", "default", CALLERS,
        "{name} is the [default] interface of {parent} on one side only; late-bound callers get it",
        "leave the default as it is",
    )

    # fmt: on
    @property
    def code(self) -> str:
        """The code as it is printed."""
        return f"BRK{self.value.number}"


def rule_for(kind: str, change: str) -> Rule | None:
    """Give the rule for a change of a thing; None if it breaks nobody."""
    return next((one for one in Rule if (one.value.kind, one.value.change) == (kind, change)), None)
