"""Every attribute of the MIDL reference and of WinRT: where it belongs, how many arguments.

What the rest of the compiler does not ask for is decoration to it: checked and forgotten.
"""

from __future__ import annotations

from typing import NamedTuple

INTERFACE, METHOD, PARAMETER, FIELD, TYPE = "interface", "method", "parameter", "field", "type"
LIBRARY, COCLASS, CLASS_MEMBER, MODULE = "library", "coclass", "class member", "module"
DISPINTERFACE, PROPERTY, ENUMERATOR, CONSTANT = (
    "dispinterface",
    "property",
    "enumerator",
    "constant",
)
RUNTIMECLASS, CONTRACT, DELEGATE = "runtimeclass", "apicontract", "delegate"
LETTERS = {
    "I": INTERFACE,
    "M": METHOD,
    "P": PARAMETER,
    "F": FIELD,
    "T": TYPE,
    "L": LIBRARY,
    "C": COCLASS,
    "K": CLASS_MEMBER,
    "O": MODULE,
    "D": DISPINTERFACE,
    "V": PROPERTY,
    "E": ENUMERATOR,
    "N": CONSTANT,
    "R": RUNTIMECLASS,
    "A": CONTRACT,
    "G": DELEGATE,
}
TARGET_NAMES = {
    INTERFACE: "an interface",
    METHOD: "a method",
    PARAMETER: "a parameter",
    FIELD: "a field",
    TYPE: "a type",
    LIBRARY: "a library",
    COCLASS: "a class",
    CLASS_MEMBER: "an interface of a class",
    MODULE: "a module",
    DISPINTERFACE: "a dispinterface",
    PROPERTY: "a property",
    ENUMERATOR: "a member of an enum",
    CONSTANT: "a constant",
    RUNTIMECLASS: "a runtime class",
    CONTRACT: "an API contract",
    DELEGATE: "a delegate",
}
ANYWHERE = "".join(LETTERS)
MANY = 99


class Rule(NamedTuple):
    """Where an attribute belongs, by letters, and the fewest and most arguments it takes."""

    letters: str
    fewest: int
    most: int


# letters, fewest, most: names
_TABLE = (
    # ---- interfaces and their methods
    ("I", 0, 0, "object auto_handle dual oleautomation arrays no_injected_text"),
    ("ITLCDORGA", 1, 1, "uuid"),
    ("I", 1, 1, "async_uuid pointer_default implicit_handle"),
    ("I", 1, MANY, "endpoint"),
    ("IMDC", 0, 0, "local"),
    ("IMCLDO", 0, 0, "odl proxy"),
    ("IDCLMK", 0, 0, "control nonextensible"),
    ("IM", 0, 0, "explicit_handle encode decode code nocode"),
    ("IT", 0, 0, "ms_union"),
    ("IMT", 0, 0, "strict_context_handle type_strict_context_handle strict_type"),
    ("IM", 1, MANY, "access"),
    ("IM", 1, 1, "optimize cs_tag_rtn"),
    ("ILTCDORGAM", 1, 2, "version"),
    ("M", 0, 0, "maybe idempotent broadcast callback message notify notify_flag enable_allocate"),
    ("M", 0, 0, "input_sync"),
    ("M", 0, 0, "propget propput propputref vararg usesgetlasterror async"),
    ("M", 1, 1, "call_as"),
    ("MO", 0, 1, "entry"),
    ("MP", 0, 0, "comm_status fault_status"),
    # ---- parameters, fields and types
    ("P", 0, 0, "in out retval optional cs_drtag cs_rtag cs_stag partial_ignore force_allocate"),
    ("PV", 1, 1, "defaultvalue"),
    ("PL", 0, 1, "lcid"),
    ("PFTMV", 0, 0, "string unique ref ptr"),
    ("PF", 1, MANY, "size_is max_is length_is min_is first_is last_is byte_count"),
    ("PFM", 1, 1, "iid_is"),
    ("PF", 1, 1, "switch_is"),
    ("FT", 1, 1, "switch_type"),
    ("PFT", 2, 2, "range"),
    ("PFT", 1, 2, "system_handle"),
    ("PFT", 0, 0, "disable_consistency_check heap in_line out_of_line ignore"),
    ("PTM", 0, 0, "context_handle context_handle_noserialize context_handle_serialize"),
    ("F", 1, MANY, "case"),
    ("FK", 0, 0, "default"),
    ("T", 0, 0, "v1_enum handle public flags"),
    ("T", 1, 1, "wire_marshal transmit_as represent_as user_marshal cs_char allocate"),
    # ---- type libraries
    ("MVFK", 0, 0, "bindable defaultbind defaultcollelem displaybind immediatebind nonbrowsable"),
    ("MVFK", 0, 0, "requestedit replaceable uidefault predeclid"),
    ("MPVFNLCIDT", 1, 1, "id"),
    ("PVFT", 0, 0, "readonly"),
    ("KMPV", 0, 0, "source"),
    ("K", 0, 0, "defaultvtbl defaultvtable"),
    ("C", 0, 0, "appobject aggregatable noncreatable"),
    ("C", 0, 0, "licensed"),
    ("CR", 1, 1, "threading"),
    ("C", 1, 1, "progid vi_progid"),
    ("O", 1, 1, "dllname"),
    ("L", 1, 1, "helpfile helpstringdll"),
    (ANYWHERE, 0, 0, "hidden restricted"),
    (ANYWHERE, 1, 1, "helpstring helpcontext helpstringcontext annotation"),
    (ANYWHERE, 2, 2, "custom"),
    # ---- WinRT
    (ANYWHERE, 1, MANY, "contract deprecated"),
    (ANYWHERE, 0, 0, "webhosthidden experimental protected overridable"),
    ("AI", 1, 2, "contractversion previous_contracts"),
    ("I", 1, 1, "exclusiveto"),
    ("R", 1, 1, "marshaling_behavior"),
    ("R", 1, MANY, "activatable static composable"),
    ("M", 1, 1, "overload"),
    ("M", 0, 0, "default_overload eventadd eventremove"),
)
# Words of the MIDL reference that stand among its attributes and say nothing to this compiler.
_SAYS_NOTHING = "include industry pragma import typedef"

RULES: dict[str, Rule] = {
    name: Rule(letters, fewest, most)
    for letters, fewest, most, names in _TABLE
    for name in names.split()
} | {name: Rule(ANYWHERE, 0, MANY) for name in _SAYS_NOTHING.split()}
EXCLUDING = (
    ("ref", "unique"),
    ("ref", "ptr"),
    ("unique", "ptr"),
    ("size_is", "max_is"),
    ("length_is", "last_is"),
    ("string", "length_is"),
    ("string", "last_is"),
    ("iid_is", "string"),
    ("optional", "retval"),
    ("maybe", "local"),
    ("idempotent", "local"),
    ("propget", "propput"),
    ("propget", "propputref"),
    ("propput", "propputref"),
    ("case", "default"),
    ("auto_handle", "implicit_handle"),
    ("auto_handle", "explicit_handle"),
    ("explicit_handle", "implicit_handle"),
    ("code", "nocode"),
    # A connection of pure RPC; objects are reached through their pointers.
    ("object", "endpoint"),
    ("object", "auto_handle"),
    ("object", "implicit_handle"),
    ("object", "explicit_handle"),
)
