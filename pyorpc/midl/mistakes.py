"""The table of everything the compiler refuses: one name, number and text each.

The hundreds say the kind: 0 files and text, 1 parameters, 2 names, 3 constants and enums,
4 types, arrays and structs, 5 interfaces and methods, 6 attributes.
Numbers are never reused.
"""

from __future__ import annotations

from enum import Enum


class Mistake(Enum):
    """One kind of refusal. `text` is a format string for the values of `Reporter.error`."""

    # ---- files and text
    NOT_UTF8 = (1, "the file is not UTF-8: byte {byte}; save it as UTF-8")
    UNKNOWN_CHARACTER = (2, "{char} has no meaning in IDL; delete it")
    UNTERMINATED_COMMENT = (3, "this comment is opened here and never closed")
    UNTERMINATED_STRING = (4, "this string does not end on its line; close it with a quote")
    UNTERMINATED_CHARACTER = (5, "this character does not end; write one character between quotes")
    BAD_NUMBER = (6, "'{text}' is not a number")
    BAD_ESCAPE = (7, "'{text}' is not an escape sequence")
    BAD_CHARACTER = (8, "a character constant holds exactly one character")
    IMPORT_NOT_FOUND = (9, "cannot find the imported file '{name}'; name its folder with -I")
    IMPORT_NOT_READABLE = (10, "cannot read the imported file '{name}': {why}")
    EXPECTED = (20, "expected {expected} before {found}")
    EXPECTED_AFTER = (21, "expected {expected} after {previous}")
    UNEXPECTED = (22, "unexpected {found}; expected {expected}")
    UNEXPECTED_END = (23, "the file ends too early; expected {expected}")
    TOO_DEEP = (24, "this expression is nested too deeply; split it with constants")

    NESTED_TOO_DEEP = (25, "more than {most} brackets are open here; close some")

    EMPTY_ATTRIBUTES = (26, "this attribute list is empty; delete it")

    # ---- the preprocessor
    INCLUDE_NOT_FOUND = (30, "cannot find the included file '{name}'; name its folder with -I")
    INCLUDE_NOT_READABLE = (31, "cannot read the included file '{name}': {why}")
    INCLUDE_TOO_DEEP = (32, "including '{name}' goes too deep; do files include each other?")
    UNKNOWN_DIRECTIVE = (33, "unknown line of the preprocessor: #{word}{hint}")
    DIRECTIVE_NEEDS = (34, "#{word} needs {what}")
    CONDITION_OPEN = (35, "#{word} is never closed; write #endif")
    NOT_IN_CONDITION = (36, "#{word} without an #if before it")
    BEHIND_ELSE = (37, "#{word} cannot stand behind #else")
    BAD_CONDITION = (38, "expected {expected} in this condition, not {found}")
    ERROR_DIRECTIVE = (39, "#error {text}")
    BAD_MACRO = (40, "this macro cannot be defined: {why}")
    MACRO_ARGUMENTS = (41, "macro '{name}' takes {count}, not {given}")
    MACRO_OPEN = (42, "the arguments of macro '{name}' are not closed; write ')'")
    MACRO_TOO_LARGE = (43, "macro '{name}' grows beyond {most} tokens or is nested too deeply")
    BAD_PASTE = (44, "## would make '{text}', which is not one token")

    # ---- parameters
    PARAMETER_BY_VALUE = (101, "interface '{name}' cannot be passed by value; write '{name} *'")
    VOID_PARAMETER = (102, "a parameter cannot be void; leave it out or give it a type")
    OUT_NEEDS_POINTER = (103, "[out] needs a pointer: write '{type} *{name}'")
    OUT_INTERFACE_NEEDS_POINTERS = (
        104,
        "[out] needs a pointer to an interface pointer: write '{type} **{name}'",
    )
    RETVAL_NEEDS_OUT = (105, "[retval] needs [out] beside it, and no [in]")
    RETVAL_NOT_LAST = (106, "[retval] must be on the last parameter")
    RETVAL_TWICE = (107, "a method has only one [retval]; this is the second")
    OUT_POINTER_NOT_REF = (109, "the outer pointer of an [out] parameter cannot be [{kind}]")
    OUT_CONST = (110, "an [out] parameter cannot be const")
    MAYBE_HAS_OUT = (111, "a [maybe] method gets no reply, so it cannot have [out] parameters")
    VOID_POINTER = (112, "'void *' says nothing about what it points to; add iid_is or a type")
    IID_IS_UNKNOWN = (114, "iid_is names '{name}', which is no {siblings} here{hint}")
    IID_IS_NOT_IID = (115, "iid_is names '{name}', which is not an IID")
    IID_IS_NOT_NAME = (116, "iid_is takes the name of a {siblings}")
    IID_IS_NOT_IN = (117, "iid_is names '{name}', which is not an [in] parameter")
    DEFAULT_BEFORE_REQUIRED = (
        119,
        "'{name}' must be given, but comes after one that may be left out",
    )
    VOID_NOT_ALONE = (121, "'void' must stand alone between the parentheses")
    PIPE_TWO_WAYS = (122, "a pipe goes one way: write [in] or [out], not both")
    PIPE_OF_METHOD = (
        123,
        "no pipe in a [{attribute}] method: it could not be sent twice or without an answer",
    )
    LCID_TYPE = (124, "[lcid] belongs on an [in] parameter of type long")
    LCID_TWICE = (125, "a method has only one [lcid]; this is the second")
    VARARG_ARRAY = (126, "the last parameter of a [vararg] method is a SAFEARRAY(VARIANT)")
    DEFAULT_OF_OUT = (127, "what is only [out] has no default but NULL; drop [defaultvalue]")
    IID_IS_TARGET = (128, "[iid_is] belongs on an interface pointer or a 'void *'")

    # ---- names
    DUPLICATE_NAME = (201, "'{name}' is already declared {where}")
    UNKNOWN_TYPE = (202, "unknown type '{name}'{hint}")
    NOT_A_TYPE = (203, "'{name}' is a {kind}, not a type")
    UNKNOWN_TAG = (204, "unknown {kind} '{name}'{hint}")
    WRONG_TAG = (205, "'{name}' is not a {kind}")
    DUPLICATE_MEMBER = (206, "{owner} already has a {kind} '{name}'")
    INHERITED_METHOD = (207, "'{name}' is already a method of the base interface '{base}'")
    IUNKNOWN_METHOD = (208, "'{name}' is a method of IUnknown, which every interface has")
    GENERATED_NAME = (209, "'{name}' is needed by the generated code of '{owner}'; rename it")
    INCOMPLETE_STRUCT = (210, "struct '{name}' is not defined yet; define it above or point to it")

    # ---- constants and enums
    UNKNOWN_NAME = (301, "unknown name '{name}'{hint}")
    NOT_A_CONSTANT = (302, "'{name}' is a {kind}, not a constant")
    DIVISION_BY_ZERO = (303, "division by zero")
    CONSTANT_RANGE = (304, "{value} does not fit in {type} ({low} to {high})")
    CONSTANT_TYPE = (305, "a constant of type {type} cannot be {value}")
    OPERAND_TYPE = (306, "operator {operator} does not take {value}")
    SHIFT_RANGE = (307, "cannot shift by {count}; use 0 to 63")
    ENUM_RANGE = (308, "the value {value} of '{name}' does not fit in 32 bits")
    ENUM_NOT_INTEGER = (309, "the value of '{name}' must be an integer")
    ENUM_EMPTY = (310, "an enum needs at least one member")
    NOT_CONSTANT_TYPE = (311, "there are no constants of type {type}")
    CONSTANT_NEEDS_CONST = (312, "only a const has a value; write 'const' in front")
    CONSTANT_TOO_BIG = (313, "the value does not fit in 64 bits")
    NO_DEREFERENCE = (314, "operator {operator} has no meaning in a constant")
    SIZEOF_TYPE = (315, "the size of '{type}' is not known here; write a number")

    # ---- types, arrays and structs
    BAD_BASE_TYPE = (401, "'{words}' is not a type")
    VOID_FIELD = (402, "'{name}' cannot be void")
    ARRAY_NOT_SIZED = (403, "array '{name}' has no size; add [size_is(...)] or a number")
    ARRAY_SIZE_RANGE = (404, "an array needs at least one element, not {size}")
    ARRAY_SIZE_TYPE = (405, "the size of an array must be an integer")
    SIZE_UNKNOWN = (406, "{attribute} names '{name}', which is no {siblings} here{hint}")
    SIZE_NOT_INTEGER = (407, "{attribute} names '{name}', which is not an integer")
    SIZE_NOT_ARRAY = (408, "[{attribute}] belongs on an array or a pointer to its elements")
    SIZE_TOO_MANY = (409, "{attribute} has {given} sizes for {levels} pointers or arrays")
    SIZE_NEEDS_POINTER = (410, "'*{name}' needs '{name}' to be a pointer")
    SIZE_OF_POINTER = (411, "'{name}' is a pointer; write '*{name}' for its value")
    SIZE_OPERATOR = (412, "operator {operator} has no meaning in a size")
    SIZE_IS_OUT = (413, "{attribute} of an [in] array names '{name}', which is [out] only")
    STRUCT_CYCLE = (414, "struct '{name}' contains itself: {path}; use a pointer")
    STRUCT_EMPTY = (415, "struct '{name}' needs at least one field")
    STRING_NEEDS_CHARACTERS = (416, "[string] belongs on a pointer to or an array of characters")
    TYPE_UNNAMED = (417, "this {kind} needs a name")
    INTERFACE_FIELD = (418, "interface '{name}' cannot be held by value; write '{name} *'")
    OPEN_ARRAY_INSIDE = (419, "only the first dimension of an array may be left open")
    FIXED_AND_SIZED = (420, "array '{name}' has a size already; drop {attribute}")
    DECLARES_NOTHING = (422, "this declares nothing; give it a name")
    INTERFACE_ELEMENT = (423, "interface '{name}' cannot be an array element; write '{name} *'")
    OPEN_ARRAY_NOT_LAST = (424, "the open array '{name}' must be the last field")
    TYPE_DEPTH = (425, "this type has more than {most} pointers and arrays on top of each other")
    STRUCT_DEPTH = (426, "structs are written more than {most} deep in each other; give them names")
    PIPE_PLACE = (427, "a pipe is a parameter by itself; '{name}' cannot hold or point to one")
    PIPE_ELEMENT = (
        428,
        "a pipe cannot carry '{type}'; it carries numbers, characters, enums, GUIDs and structs of"
        " these",
    )
    SAFEARRAY_ELEMENT = (
        440,
        "a SAFEARRAY cannot hold '{type}'; it holds numbers, strings, dates, VARIANTs, structs and"
        " interface pointers",
    )
    UNION_TAG = (441, "the tag of a union is an integer, a character, a boolean or an enum")
    UNION_LABEL_TWICE = (442, "union '{name}' has two arms for {label}")
    UNION_DEFAULT_TWICE = (443, "union '{name}' has two default arms")
    UNION_LABEL_TYPE = (444, "the label of an arm must be an integer or a character")
    UNION_ARM_UNLABELLED = (445, "this arm of union '{name}' needs [case(...)] or [default]")
    NOT_REMOTABLE = (446, "'{name}' cannot travel: {reason}")
    BIT_FIELD_WIDTH = (447, "a bit-field of this type has 0 to {most} bits")
    BIT_FIELD_TYPE = (448, "a bit-field is an integer, not '{type}'")
    SWITCH_NOT_UNION = (449, "[switch_is] belongs on a union that has labels")
    RANGE_BOUND = (450, "[range] takes two integers, the lower one first")
    RANGE_TARGET = (451, "[range] belongs on an integer")
    OPEN_STRUCT_NOT_LAST = (
        452,
        "struct '{type}' ends with an open array, so '{name}' must be the last field",
    )
    OPEN_STRUCT_ELEMENT = (
        453,
        "struct '{type}' ends with an open array, so it cannot be an array element",
    )
    LENGTH_NEEDS_SIZE = (454, "[length_is] on a pointer needs [size_is] or [max_is] beside it")

    # ---- interfaces and methods
    MISSING_UUID = (501, "{kind} '{name}' needs [uuid(...)]")
    BAD_UUID = (502, "'{text}' is not a uuid; write 8-4-4-4-12 hexadecimal digits")
    DUPLICATE_UUID = (503, "this uuid is already the {role} of '{name}'")
    ASYNC_UUID_EQUAL = (504, "async_uuid must differ from uuid")
    ASYNC_DISPATCH = (505, "'{name}' derives from IDispatch, so it cannot have async_uuid")
    MISSING_BASE = (506, "interface '{name}' needs a base; write ': IUnknown'")
    TWO_BASES = (507, "an interface has one base; drop '{name}'")
    UNKNOWN_BASE = (508, "unknown base interface '{name}'{hint}")
    BASE_NOT_INTERFACE = (509, "base '{name}' is a {kind}, not an interface")
    BASE_NOT_DEFINED = (510, "base '{name}' is declared, but not defined yet; define it above")
    INHERITS_ITSELF = (511, "interface '{name}' cannot be its own base")
    NOT_HRESULT = (512, "method '{name}' must return HRESULT, or be [local]")
    METHOD_OUTSIDE = (513, "method '{name}' must be inside an interface")
    METHOD_RESERVED = (521, "'{name}' is a name of the framework; rename the method")
    IMPORTLIB_OUTSIDE = (522, "importlib belongs into a library")
    SECOND_DEFAULT = (523, "a class has one default interface of each direction")
    ASYNC_NOT_OBJECT = (524, "async_uuid belongs on an [object] interface with a base")
    PROPERTY_GET = (525, "[propget] needs a parameter that is [out], for the value")
    PROPERTY_PUT = (526, "[{accessor}] needs a last parameter that is [in], for the value")
    CALL_AS_TARGET = (530, "there is no [local] method '{name}' to be called as")
    CALL_AS_TWICE = (531, "'{name}' is already called as '{other}'")
    DUAL_NOT_DISPATCH = (532, "[dual] belongs on an interface that derives from IDispatch")
    DISPATCH_ID_TAKEN = (533, "the id {id} is already that of '{name}'")
    DISPATCH_ID_MISSING = (534, "'{name}' of a dispinterface needs [id(...)]")
    PROPERTY_TYPES = (535, "property '{name}' is got as {got} and put as {put}")
    ASYNC_BASE = (536, "base '{name}' has no async_uuid, so '{derived}' cannot have one")
    CLASS_MEMBER_TWICE = (537, "'{name}' is already an interface of the class")
    LIBRARY_INSIDE = (538, "a library cannot be in another one")
    BASE_NOT_OBJECT = (539, "base '{name}' is an interface of pure RPC, not one of objects")

    # ---- attributes
    UNKNOWN_ATTRIBUTE = (601, "unknown attribute '{name}'{hint}")
    ATTRIBUTE_TARGET = (602, "[{name}] does not belong on {target}")
    ATTRIBUTE_TWICE = (603, "[{name}] is given twice")
    ATTRIBUTE_CONFLICT = (604, "[{name}] and [{other}] exclude each other")
    ATTRIBUTE_NEEDS_ARGUMENT = (605, "[{name}] needs an argument: {name}(...)")
    ATTRIBUTE_TAKES_NONE = (606, "[{name}] takes no argument")
    ATTRIBUTE_ARGUMENTS = (607, "[{name}] takes {count}")
    ATTRIBUTE_BAD_ARGUMENT = (608, "[{name}] takes {expected}")
    POINTER_ATTRIBUTE = (609, "[{name}] belongs on a pointer")

    def __init__(self, number: int, text: str) -> None:
        self.number = number
        self.text = text

    @property
    def code(self) -> str:
        """The number as it is printed."""
        return f"ORPC{self.number:04d}"
