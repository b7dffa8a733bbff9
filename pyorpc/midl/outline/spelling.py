"""Syntax nodes as IDL text again, in the formatter's style."""

from __future__ import annotations

from collections.abc import Sequence

from pyorpc.midl import syntax

LEVELS = ("||", "&&", "|", "^", "&", "== !=", "< > <= >=", "<< >>", "+ -", "* / %")
PRECEDENCE = {
    operator: level
    for level, operators in enumerate(LEVELS, start=1)
    for operator in operators.split()
}
UNARY = 20
KEYWORDS = {
    syntax.StructType: "struct",
    syntax.UnionType: "union",
    syntax.EnumType: "enum",
}
ESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def expression_text(node: syntax.Expression) -> str:
    """Give an expression, with the parentheses that it needs."""
    return _expression(node, 0)


def _expression(node: syntax.Expression, outer: int) -> str:
    match node:
        case syntax.Literal():
            text = literal_text(node)
        case syntax.Reference():
            text = node.name
        case syntax.Unary():
            text = node.operator + _expression(node.operand, UNARY)
        case syntax.Binary():
            text = _binary(node, outer)
        case syntax.Conditional():
            text = _conditional(node, outer)
        case syntax.SizeOf():
            text = f"sizeof({spec_text(node.spec)}{_stars(node.pointers)})"
        case _:
            kind = type_text(node.type) + _stars(node.pointers)
            operand = _expression(node.operand, UNARY)
            # Behind a name in parentheses, a bare sign would be a difference.
            is_bare = isinstance(node.type, syntax.NamedType) and isinstance(
                node.operand, syntax.Unary
            )
            text = f"({kind})({operand})" if is_bare else f"({kind}){operand}"
    return text


def _conditional(node: syntax.Conditional, outer: int) -> str:
    condition, yes, no = (_expression(part, 1) for part in (node.condition, node.yes, node.no))
    text = f"{condition} ? {yes} : {no}"
    return f"({text})" if outer else text


def _binary(node: syntax.Binary, outer: int) -> str:
    level = PRECEDENCE.get(node.operator, UNARY)
    left, right = _expression(node.left, level), _expression(node.right, level + 1)
    text = f"{left} {node.operator} {right}"
    return f"({text})" if level < outer else text


def literal_text(node: syntax.Literal) -> str:
    """Give a number, a character or a string."""
    if isinstance(node.value, str):
        quote = "'" if node.is_character else '"'
        return quote + "".join(_escaped(char, quote) for char in node.value) + quote
    return hex(node.value) if node.is_hex and isinstance(node.value, int) else str(node.value)


def _escaped(char: str, quote: str) -> str:
    if char == quote:
        return f"\\{char}"
    if char in ESCAPES:
        return ESCAPES[char]
    return char if char.isprintable() else f"\\x{ord(char):x}"


def _stars(number: int) -> str:
    return " " + "*" * number if number else ""


# ---- types ---------------------------------------------------------------------------------


def type_text(node: syntax.Type) -> str:
    """Give a type as it is named; that of a struct without its fields."""
    match node:
        case syntax.NamedType():
            return node.name + _arguments(node.arguments)
        case syntax.BaseType():
            return " ".join(node.words)
        case syntax.TaggedType():
            return f"{node.kind} {node.name.text}"
        case syntax.StructType() | syntax.UnionType() | syntax.EnumType():
            return f"{keyword_of(node)} {node.tag.text if node.tag else '{ ... }'}"
        case syntax.SafeArrayType():
            return f"SAFEARRAY({spec_text(node.element)}{_stars(node.pointers)})"
        case _:
            return f"pipe {spec_text(node.element)}"


def keyword_of(node: syntax.StructType | syntax.UnionType | syntax.EnumType) -> str:
    """Give `struct`, `union` or `enum`."""
    return KEYWORDS[type(node)]


def _arguments(arguments: Sequence[syntax.GenericArgument]) -> str:
    texts = (spec_text(one.spec) + _stars(one.pointers) for one in arguments)
    return f"<{', '.join(texts)}>" if arguments else ""


def spec_text(node: syntax.Spec) -> str:
    """Give a type with its `const`."""
    return ("const " if node.is_const else "") + type_text(node.type)


def declarator_text(node: syntax.Declarator, name: str | None = None) -> str:
    """Give the part with the name, which may be another one."""
    shown = name if name is not None else node.name.text if node.name else ""
    arrays = "".join(f"[{expression_text(one.size) if one.size else ''}]" for one in node.arrays)
    bits = f" : {expression_text(node.bits)}" if node.bits else ""
    inner = " ".join([*node.calling, shown]).strip() + arrays
    if node.function is not None:
        calling = "".join(f"{word} " for word in node.function.calling)
        inner = f"({calling}{'*' * node.function.pointers}{inner})"
        inner += parameters_text(node.function.parameters)
    return "*" * node.pointers + inner + bits


def declared_text(spec: syntax.Spec, declarator: syntax.Declarator, name: str | None = None) -> str:
    """Give `type name`."""
    return f"{spec_text(spec)} {declarator_text(declarator, name)}".rstrip()


# ---- attributes ----------------------------------------------------------------------------


def argument_text(node: syntax.Argument | None) -> str:
    """Give one argument of an attribute."""
    match node:
        case None:
            return ""
        case syntax.UuidText():
            return node.text
        case syntax.TypeArgument():
            return type_text(node.type) + _stars(node.pointers)
        case _:
            return expression_text(node)


def attribute_text(node: syntax.Attribute) -> str:
    """Give an attribute with its arguments."""
    if node.arguments is None:
        return node.name
    return f"{node.name}({', '.join(argument_text(one) for one in node.arguments)})"


def attributes_text(node: syntax.Attributes, without: frozenset[str] = frozenset()) -> str:
    """Give the list with its brackets, without some; nothing if none is left."""
    shown = [attribute_text(one) for one in node.items if one.name not in without]
    return f"[{', '.join(shown)}]" if shown else ""


# ---- declarations --------------------------------------------------------------------------


def parameter_text(node: syntax.Parameter) -> str:
    """Give a parameter with its attributes."""
    attributes = attributes_text(node.attributes)
    return f"{attributes} {declared_text(node.spec, node.declarator)}".lstrip()


def parameters_text(nodes: Sequence[syntax.Parameter]) -> str:
    """Give the parameters with their parentheses."""
    return f"({', '.join(parameter_text(one) for one in nodes)})"


def field_text(node: syntax.Field) -> str:
    """Give a field of a struct, or an arm of a union."""
    attributes = attributes_text(node.attributes)
    return f"{attributes} {declared_text(node.spec, node.declarator)};".lstrip()


def arm_text(node: syntax.Arm) -> str:
    """Give an arm of a union with its labels."""
    labels = [f"case {expression_text(one)}: " for one in node.labels]
    default = "default: " if node.is_default else ""
    return "".join([*labels, default]) + (field_text(node.field) if node.field else ";")


def switch_text(node: syntax.UnionType) -> str:
    """Give what selects an arm of an encapsulated union, behind its name."""
    if node.switch is None:
        return ""
    name = f" {node.switch.union_name.text}" if node.switch.union_name else ""
    return f" switch({spec_text(node.switch.spec)} {node.switch.name.text}){name}"


def method_text(node: syntax.Method, without: frozenset[str] = frozenset()) -> str:
    """Give a method on one line."""
    attributes = attributes_text(node.attributes, without)
    head = declared_text(node.spec, node.declarator)
    return f"{attributes} {head}{parameters_text(node.parameters)};".lstrip()


def enumerator_text(node: syntax.Enumerator) -> str:
    """Give a member of an enum."""
    value = f" = {expression_text(node.value)}" if node.value is not None else ""
    return f"{attributes_text(node.attributes)} {node.name.text}{value}".lstrip()


def typedef_text(node: syntax.Typedef) -> str:
    """Give a typedef, a struct in it without its fields."""
    attributes = attributes_text(node.attributes)
    names = ", ".join(declarator_text(one) for one in node.declarators)
    return " ".join(filter(None, ["typedef", attributes, spec_text(node.spec), names])) + ";"


def constant_text(node: syntax.Constant) -> str:
    """Give a constant."""
    return f"{declared_text(node.spec, node.declarator)} = {expression_text(node.value)};"


def interface_text(node: syntax.Interface) -> str:
    """Give the line that an interface begins with."""
    bases = ", ".join(type_text(one) for one in node.bases)
    parameters = f"<{', '.join(one.text for one in node.parameters)}>" if node.parameters else ""
    return f"interface {node.name.text}{parameters}" + (f" : {bases}" if bases else "")
