"""Which attributes there are, where they belong, and what arguments they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyorpc.midl import syntax
from pyorpc.midl.diagnostics import did_you_mean
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.words import words

if TYPE_CHECKING:
    from pyorpc.midl.diagnostics import Reporter
    from pyorpc.midl.source import Place

INTERFACE, METHOD, PARAMETER, FIELD, TYPE = "interface", "method", "parameter", "field", "type"
LETTERS = {"I": INTERFACE, "M": METHOD, "P": PARAMETER, "F": FIELD, "T": TYPE}
TARGET_NAMES = {
    INTERFACE: "an interface",
    METHOD: "a method",
    PARAMETER: "a parameter",
    FIELD: "a field",
    TYPE: "a type",
}
MANY = 99

# name: where it belongs, fewest and most arguments.
TAKEN: dict[str, tuple[str, int, int]] = {
    "object": ("I", 0, 0),
    "uuid": ("IT", 1, 1),
    "async_uuid": ("I", 1, 1),
    "local": ("IM", 0, 0),
    "pointer_default": ("I", 1, 1),
    "maybe": ("M", 0, 0),
    "idempotent": ("M", 0, 0),
    "in": ("P", 0, 0),
    "out": ("P", 0, 0),
    "retval": ("P", 0, 0),
    "optional": ("P", 0, 0),
    "defaultvalue": ("P", 1, 1),
    "string": ("PFTM", 0, 0),
    "unique": ("PFTM", 0, 0),
    "ref": ("PFTM", 0, 0),
    "ptr": ("PFTM", 0, 0),
    "size_is": ("PF", 1, MANY),
    "max_is": ("PF", 1, MANY),
    "length_is": ("PF", 1, MANY),
    "iid_is": ("PF", 1, 1),
    "v1_enum": ("T", 0, 0),
    "switch_is": ("PF", 1, 1),
    "switch_type": ("TF", 1, 1),
    "case": ("F", 1, MANY),
    "default": ("F", 0, 0),
}
# Decoration: checked for its place and its arguments, then forgotten.
IGNORED: dict[str, tuple[str, int, int]] = {
    "helpstring": ("IMPFT", 1, 1),
    "helpcontext": ("IMT", 1, 1),
    "helpstringcontext": ("IMT", 1, 1),
    "version": ("IT", 1, 1),
    "dual": ("I", 0, 0),
    "oleautomation": ("I", 0, 0),
    "odl": ("I", 0, 0),
    "hidden": ("IMT", 0, 0),
    "restricted": ("IMT", 0, 0),
    "nonextensible": ("I", 0, 0),
    "nonbrowsable": ("M", 0, 0),
    "bindable": ("M", 0, 0),
    "displaybind": ("M", 0, 0),
    "defaultbind": ("M", 0, 0),
    "defaultcollelem": ("M", 0, 0),
    "immediatebind": ("M", 0, 0),
    "requestedit": ("M", 0, 0),
    "replaceable": ("M", 0, 0),
    "uidefault": ("M", 0, 0),
    "id": ("M", 1, 1),
    "public": ("T", 0, 0),
    "annotation": ("IMPFT", 1, 1),
    "custom": ("IMPFT", 2, 2),
    "ms_union": ("I", 0, 0),
    "explicit_handle": ("IM", 0, 0),
    "auto_handle": ("I", 0, 0),
}
NOT_YET = words(
    "propget propput propputref call_as wire_marshal vararg lcid"
    " range context_handle handle source transmit_as represent_as user_marshal first_is last_is"
    " min_is endpoint threading progid vi_progid control noncreatable licensed appobject"
    " aggregatable access contract exclusiveto marshaling_behavior activatable static overload"
    " flags eventadd eventremove contractversion composable default_overload deprecated"
    " implicit_handle broadcast callback byte_count comm_status fault_status enable_allocate"
    " encode decode notify optimize partial_ignore ignore force_allocate allocate entry dllname"
    " usesgetlasterror message code nocode cs_char cs_drtag cs_rtag cs_stag cs_tag_rtn"
    " strict_context_handle strict_type disable_consistency_check defaultvtable helpfile"
    " helpstringdll readonly predeclid proxy lcid type_strict_context_handle"
)
EXCLUDING = (
    ("ref", "unique"),
    ("ref", "ptr"),
    ("unique", "ptr"),
    ("size_is", "max_is"),
    ("string", "length_is"),
    ("iid_is", "string"),
    ("iid_is", "length_is"),
    ("optional", "retval"),
    ("maybe", "local"),
    ("idempotent", "local"),
)
POINTER_KINDS = ("ref", "unique", "ptr")


@dataclass(frozen=True, slots=True)
class AttributeList:
    """The checked attributes of one declaration."""

    by_name: dict[str, syntax.Attribute]

    def __contains__(self, name: str) -> bool:
        return name in self.by_name

    def place(self, name: str) -> Place:
        """Give the place of an attribute that is there."""
        return self.by_name[name].place

    def arguments(self, name: str) -> tuple[syntax.Argument | None, ...]:
        """Give the arguments of an attribute; none if it is not there."""
        found = self.by_name.get(name)
        return found.arguments or () if found is not None else ()

    @property
    def pointer_kind(self) -> str | None:
        """ref, unique or ptr, if one is given."""
        return next((kind for kind in POINTER_KINDS if kind in self.by_name), None)


def check_attributes(written: syntax.Attributes, target: str, reporter: Reporter) -> AttributeList:
    """Give the attributes that may stand on such a target; the others are refused."""
    found: dict[str, syntax.Attribute] = {}
    for attribute in written.items:
        if attribute.name in found and attribute.name != "custom":
            reporter.error(Mistake.ATTRIBUTE_TWICE, attribute.place, name=attribute.name)
        elif _is_allowed(attribute, target, reporter):
            found[attribute.name] = attribute
    for one, other in EXCLUDING:
        if one in found and other in found:
            later = max(found[one], found[other], key=lambda each: each.place.offset)
            reporter.error(Mistake.ATTRIBUTE_CONFLICT, later.place, name=one, other=other)
    return AttributeList(found)


def _is_allowed(attribute: syntax.Attribute, target: str, reporter: Reporter) -> bool:
    name, place = attribute.name, attribute.place
    rule = TAKEN.get(name) or IGNORED.get(name)
    if rule is None:
        if name in NOT_YET:
            reporter.error(Mistake.ATTRIBUTE_NOT_SUPPORTED_YET, place, name=name)
        else:
            hint = did_you_mean(name, [*TAKEN, *IGNORED, *NOT_YET])
            reporter.error(Mistake.UNKNOWN_ATTRIBUTE, place, name=name, hint=hint)
        return False
    letters, fewest, most = rule
    if target not in [LETTERS[letter] for letter in letters]:
        reporter.error(Mistake.ATTRIBUTE_TARGET, place, name=name, target=TARGET_NAMES[target])
        return False
    return _has_right_arguments(attribute, fewest, most, reporter)


def _has_right_arguments(
    attribute: syntax.Attribute, fewest: int, most: int, reporter: Reporter
) -> bool:
    name, place = attribute.name, attribute.place
    given = attribute.arguments
    if most == 0:
        if given is not None:
            reporter.error(Mistake.ATTRIBUTE_TAKES_NONE, place, name=name)
        return given is None
    if not given or all(argument is None for argument in given):
        reporter.error(Mistake.ATTRIBUTE_NEEDS_ARGUMENT, place, name=name)
        return False
    if not fewest <= len(given) <= most:
        count = f"{most} argument{'s' if most > 1 else ''}"
        reporter.error(Mistake.ATTRIBUTE_ARGUMENTS, place, name=name, count=count)
        return False
    return True
