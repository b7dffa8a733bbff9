"""What the names of a file and its imports stand for: types as they travel, values of constants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pyorpc.midl import syntax
from pyorpc.midl.outline.spelling import declared_text, expression_text, type_text
from pyorpc.midl.resolve.declared import Base
from pyorpc.midl.resolve.standard_types import base_type, standard_type

Value = int | float | str
Defined = syntax.StructType | syntax.UnionType | syntax.EnumType
DEFINED = (syntax.StructType, syntax.UnionType, syntax.EnumType)
HOLDERS = (syntax.Interface, syntax.Library, syntax.Module, syntax.Namespace)
DEEPEST = 50  # a chain of typedefs, or of constants
BINARY: dict[str, Callable[[int, int], int]] = {
    "+": int.__add__,
    "-": int.__sub__,
    "*": int.__mul__,
    "|": int.__or__,
    "&": int.__and__,
    "^": int.__xor__,
    "<<": int.__lshift__,
    ">>": int.__rshift__,
}
UNARY: dict[str, Callable[[int], int]] = {
    "-": int.__neg__,
    "+": int.__pos__,
    "~": int.__invert__,
}
WIDEST_SHIFT = 64


def nested(declarations: Iterable[syntax.Declaration]) -> Iterator[syntax.Declaration]:
    """Give the declarations and those inside of interfaces, libraries and namespaces."""
    for one in declarations:
        yield one
        if isinstance(one, HOLDERS):
            yield from nested(one.members)


class Names:
    """The names that some declarations make."""

    def __init__(self, declarations: Iterable[syntax.Declaration]) -> None:
        self._typedefs: dict[str, tuple[syntax.Typedef, syntax.Declarator]] = {}
        self._defined: dict[str, Defined] = {}
        self._values: dict[str, syntax.Expression | int] = {}
        for one in nested(declarations):
            self._enter(one)

    def _enter(self, one: syntax.Declaration) -> None:
        match one:
            case syntax.Typedef():
                for declarator in one.declarators:
                    if declarator.name is not None:
                        self._typedefs[declarator.name.text] = (one, declarator)
                self._enter_type(one.spec.type)
            case syntax.TypeOnly():
                self._enter_type(one.spec.type)
            case syntax.Constant(declarator=syntax.Declarator(name=syntax.Name() as name)):
                self._values[name.text] = one.value
            case _:
                pass

    def _enter_type(self, type_: syntax.Type) -> None:
        if isinstance(type_, DEFINED) and type_.tag is not None:
            self._defined[type_.tag.text] = type_
        if isinstance(type_, syntax.EnumType):
            for name, value in self.members_of(type_):
                if isinstance(value, int):
                    self._values[name.name.text] = value

    # ---- values ----------------------------------------------------------------------------

    def members_of(self, enum: syntax.EnumType) -> list[tuple[syntax.Enumerator, Value | None]]:
        """Give the members of an enum with their values, counted on as C does."""
        found: list[tuple[syntax.Enumerator, Value | None]] = []
        following: Value | None = 0
        for one in enum.enumerators:
            value = following if one.value is None else self.value_of(one.value)
            found.append((one, value))
            following = value + 1 if isinstance(value, int) else None
        return found

    def value_of(self, node: syntax.Expression, depth: int = 0) -> Value | None:
        """Give the value of an expression; None if it is only known at run time."""
        if depth > DEEPEST:
            return None
        match node:
            case syntax.Literal():
                return node.value
            case syntax.Reference():
                known = self._values.get(node.name)
                return (
                    known
                    if known is None or isinstance(known, int)
                    else self.value_of(known, depth + 1)
                )
            case syntax.Unary() | syntax.Cast():
                return self._prefixed(node, depth)
            case syntax.Binary():
                return self._binary(node, depth)
            case _:
                return None

    def _prefixed(self, node: syntax.Unary | syntax.Cast, depth: int) -> Value | None:
        value = self.value_of(node.operand, depth + 1)
        if isinstance(node, syntax.Cast):
            return value
        apply = UNARY.get(node.operator)
        return apply(value) if apply is not None and isinstance(value, int) else None

    def _binary(self, node: syntax.Binary, depth: int) -> Value | None:
        left, right = self.value_of(node.left, depth + 1), self.value_of(node.right, depth + 1)
        apply = BINARY.get(node.operator)
        if apply is None or not isinstance(left, int) or not isinstance(right, int):
            return None
        if node.operator in ("<<", ">>") and not 0 <= right < WIDEST_SHIFT:
            return None
        return apply(left, right)

    def spelled(self, node: syntax.Expression) -> str:
        """Give the value of an expression, or its text where it is known at run time only."""
        value = self.value_of(node)
        return expression_text(node) if value is None else str(value)

    # ---- types -----------------------------------------------------------------------------

    def type_of(self, spec: syntax.Spec, declarator: syntax.Declarator) -> str:
        """Give a type as it travels: without the names of typedefs."""
        if declarator.function is not None:
            return declared_text(spec, declarator, "")
        return self._type(spec.type, 0) + self._shape(declarator)

    def _shape(self, declarator: syntax.Declarator) -> str:
        sizes = (self.spelled(one.size) if one.size else "" for one in declarator.arrays)
        return "*" * declarator.pointers + "".join(f"[{size}]" for size in sizes)

    def _type(self, type_: syntax.Type, depth: int) -> str:
        match type_:
            case syntax.NamedType():
                return self._named(type_, depth)
            case syntax.BaseType():
                base = base_type(type_.words)
                return base.kind.value if base else type_text(type_)
            case syntax.StructType() | syntax.UnionType() | syntax.EnumType():
                return type_text(type_) if type_.tag else self._inline(type_, depth)
            case syntax.SafeArrayType():
                return f"SAFEARRAY({self._type(type_.element.type, depth)}{'*' * type_.pointers})"
            case syntax.PipeType():
                return f"pipe {self._type(type_.element.type, depth)}"
            case _:
                return type_text(type_)

    def _named(self, type_: syntax.NamedType, depth: int) -> str:
        typedef = self._typedefs.get(type_.name)
        if typedef is not None and depth < DEEPEST:
            node, declarator = typedef
            inner = node.spec.type
            if isinstance(inner, DEFINED) and inner.tag is None and not declarator.pointers:
                return type_.name
            if declarator.function is None:
                return self._type(inner, depth + 1) + self._shape(declarator)
        known = standard_type(type_.name)
        return known.kind.value if isinstance(known, Base) else type_text(type_)

    def _inline(self, type_: Defined, depth: int) -> str:
        """Give a type without a name by what is in it."""
        if isinstance(type_, syntax.EnumType) or depth > DEEPEST:
            return type_text(type_)
        fields = (
            type_.fields
            if isinstance(type_, syntax.StructType)
            else tuple(arm.field for arm in type_.arms if arm.field is not None)
        )
        inner = (
            self._type(one.spec.type, depth + 1) + self._shape(one.declarator) for one in fields
        )
        return f"{type_text(type_).partition(' ')[0]} {{ {'; '.join(inner)} }}"

    def expanded(self, text: str, depth: int = 0) -> str:
        """Give a type's text with what is in its struct in the place of the struct's name."""
        kind, _, rest = text.partition(" ")
        name = rest.rstrip("*") if kind in ("struct", "union", "enum") else text.rstrip("*")
        stars = text[len(text.rstrip("*")) :]
        found = self._defined.get(name) or self._untagged(name)
        if found is None or depth > DEEPEST:
            return text
        if isinstance(found, syntax.EnumType):
            return "enum" + stars
        fields = found.fields if isinstance(found, syntax.StructType) else ()
        inner = [self.expanded(self.type_of(one.spec, one.declarator), depth + 8) for one in fields]
        return f"{{{'; '.join(inner)}}}{stars}"

    def _untagged(self, name: str) -> Defined | None:
        typedef = self._typedefs.get(name)
        inner = typedef[0].spec.type if typedef is not None else None
        return inner if isinstance(inner, DEFINED) else None
