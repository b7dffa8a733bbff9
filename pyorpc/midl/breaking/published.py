"""What others rely on in a file: each declaration as facts that can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pyorpc.midl import syntax
from pyorpc.midl.breaking.names import DEFINED, Defined, Names, nested
from pyorpc.midl.outline.spelling import argument_text, type_text
from pyorpc.midl.source import Place

# Methods of one name are told apart by these.
PROPERTIES = ("propget", "propput", "propputref", "eventadd", "eventremove")
SIZES = ("size_is", "max_is", "min_is", "length_is", "first_is", "last_is")
POINTERS = ("ref", "unique", "ptr")
FLAGS = ("local", "maybe", "idempotent", "vararg", "string", "retval", "v1_enum")


@dataclass(frozen=True, slots=True)
class Thing:
    """One declaration. The key is what pairs it with its other version."""

    kind: str
    key: str
    name: str
    place: Place
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    parts: tuple[Thing, ...] = ()


def published(declarations: Iterable[syntax.Declaration], names: Names) -> list[Thing]:
    """Give the things that a file declares."""
    return [thing for one in nested(declarations) for thing in _Reader(names).things(one)]


class _Reader:
    def __init__(self, names: Names) -> None:
        self._names = names

    def things(self, node: syntax.Declaration) -> Iterator[Thing]:
        match node:
            case syntax.Interface():
                yield self._interface(node)
            case syntax.DispInterface():
                yield self._dispinterface(node)
            case syntax.Coclass():
                yield self._coclass(node)
            case syntax.Typedef():
                yield from self._typedef(node)
            case syntax.TypeOnly():
                type_ = node.spec.type
                if isinstance(type_, DEFINED) and type_.tag is not None:
                    yield self._defined(type_, type_.tag, type_.tag.text, node.attributes)
            case syntax.Constant(declarator=syntax.Declarator(name=syntax.Name() as name)):
                facts = {"value": self._names.spelled(node.value)}
                yield Thing("constant", name.text, name.text, name.place, facts)
            case _:
                pass

    # ---- interfaces and classes ------------------------------------------------------------

    def _interface(self, node: syntax.Interface) -> Thing:
        facts = self._attributes(node.attributes, ("uuid", "async_uuid", "pointer_default"))
        facts["base"] = ", ".join(type_text(one) for one in node.bases)
        members = [one for one in node.members if isinstance(one, syntax.Method)]
        methods = tuple(_told_apart(self._methods(members, "method")))
        return Thing("interface", node.name.text, node.name.text, node.name.place, facts, methods)

    def _dispinterface(self, node: syntax.DispInterface) -> Thing:
        facts = self._attributes(node.attributes, ("uuid",))
        methods = list(self._methods(node.methods, "late-bound method"))
        for one in node.properties:
            name = one.declarator.name
            if name is not None:
                known = self._attributes(one.attributes, ("id",))
                known["returns"] = self._names.type_of(one.spec, one.declarator)
                methods.append(Thing("late-bound method", name.text, name.text, name.place, known))
        name = node.name
        return Thing(
            "interface", name.text, name.text, name.place, facts, tuple(_told_apart(methods))
        )

    def _methods(self, nodes: Iterable[syntax.Method], kind: str) -> Iterator[Thing]:
        for node in nodes:
            name = node.declarator.name
            if name is None:
                continue
            how = next((one for one in PROPERTIES if one in node.attributes), "")
            facts = self._attributes(node.attributes, ("id", "call_as"))
            facts["returns"] = self._names.type_of(node.spec, node.declarator)
            parameters = tuple(self._parameters(node))
            yield Thing(kind, f"{how} {name.text}", name.text, name.place, facts, parameters)

    def _parameters(self, node: syntax.Method) -> Iterator[Thing]:
        for number, one in enumerate(node.parameters):
            text = one.declarator.name.text if one.declarator.name else f"#{number + 1}"
            facts = self._value(one)
            ways = [way for way in ("in", "out") if way in one.attributes]
            facts["direction"] = ", ".join(ways) or "in"
            facts["omitted"] = facts.pop("defaultvalue", "") or (
                "optional" if "optional" in one.attributes else ""
            )
            if facts["type"] != "void":
                yield Thing("parameter", text, text, one.place, facts)

    def _coclass(self, node: syntax.Coclass) -> Thing:
        members = tuple(
            Thing(
                "class interface",
                type_text(one.type),
                type_text(one.type),
                one.place,
                {"default": _flag("default", one.attributes)},
            )
            for one in node.members
        )
        facts = self._attributes(node.attributes, ("uuid",))
        return Thing("class", node.name.text, node.name.text, node.name.place, facts, members)

    # ---- types -----------------------------------------------------------------------------

    def _typedef(self, node: syntax.Typedef) -> Iterator[Thing]:
        type_ = node.spec.type
        names = [one for one in node.declarators if one.name is not None]
        plain = next((one.name for one in names if not one.pointers and not one.arrays), None)
        if isinstance(type_, DEFINED) and (type_.tag or plain):
            name = plain or type_.tag
            assert name is not None
            yield self._defined(type_, name, name.text, node.attributes)
            names = [one for one in names if one.name is not plain]
        for one in names:
            if one.name is not None:
                yield Thing("typedef", one.name.text, one.name.text, one.name.place)

    def _defined(
        self, type_: Defined, name: syntax.Name, key: str, attributes: syntax.Attributes
    ) -> Thing:
        match type_:
            case syntax.StructType():
                fields = tuple(self._fields(type_.fields))
                return Thing("struct", key, name.text, name.place, {}, fields)
            case syntax.UnionType():
                arms = tuple(_told_apart(self._arm(one) for one in type_.arms))
                return Thing(
                    "union", key, name.text, name.place, self._switch(type_, attributes), arms
                )
            case _:
                members = tuple(
                    Thing(
                        "member",
                        one.name.text,
                        one.name.text,
                        one.name.place,
                        {"value": str(value)},
                    )
                    for one, value in self._names.members_of(type_)
                )
                facts = {"v1_enum": _flag("v1_enum", attributes)}
                return Thing("enum", key, name.text, name.place, facts, members)

    def _fields(self, nodes: Iterable[syntax.Field]) -> Iterator[Thing]:
        for number, one in enumerate(nodes):
            name = one.declarator.name
            text = name.text if name else f"#{number + 1}"
            place = name.place if name else one.declarator.place
            yield Thing("field", text, text, place, self._value(one))

    def _switch(self, union: syntax.UnionType, attributes: syntax.Attributes) -> dict[str, str]:
        if union.switch is None:
            return {"switch": self._attributes(attributes, ("switch_type",))["switch_type"]}
        nothing = syntax.Declarator(None, 0, (), union.place)
        return {"switch": self._names.type_of(union.switch.spec, nothing)}

    def _arm(self, arm: syntax.Arm) -> Thing:
        given = arm.attributes.named("case")
        written = [one for one in (given.arguments or ()) if one is not None] if given else []
        labels = [self._names.spelled(one) for one in arm.labels] + [
            self._argument(one) for one in written
        ]
        is_default = arm.is_default or _flag("default", arm.attributes)
        key = ", ".join(labels) or ("default" if is_default else _name_of(arm.field))
        facts = self._value(arm.field) if arm.field is not None else {"type": "nothing"}
        return Thing("arm", key, key, arm.place, facts)

    # ---- facts -----------------------------------------------------------------------------

    def _value(self, node: syntax.Parameter | syntax.Field) -> dict[str, str]:
        """Give what is said of a value that travels."""
        wanted = (*SIZES, "iid_is", "switch_is", "range", "defaultvalue")
        facts = self._attributes(node.attributes, wanted)
        sizes = [f"{name}({facts.pop(name)})" for name in SIZES if facts[name] or facts.pop(name)]
        facts["size"] = ", ".join(sizes)
        facts["pointer"] = next((one for one in POINTERS if one in node.attributes), "")
        facts["type"] = self._names.type_of(node.spec, node.declarator)
        return facts

    def _attributes(self, written: syntax.Attributes, wanted: Iterable[str]) -> dict[str, str]:
        """Give the arguments of the wanted attributes, and which flags there are."""
        facts = dict.fromkeys([*wanted, *FLAGS], "")
        for one in written.items:
            if one.name in facts:
                arguments = [self._argument(each) for each in one.arguments or ()]
                facts[one.name] = ", ".join(arguments) or "yes"
        for name in ("uuid", "async_uuid"):
            if name in facts:
                facts[name] = facts[name].lower()
        return facts

    def _argument(self, node: syntax.Argument | None) -> str:
        if node is None or isinstance(node, syntax.UuidText | syntax.TypeArgument):
            return argument_text(node).strip('"')
        return self._names.spelled(node)


def _flag(name: str, attributes: syntax.Attributes) -> str:
    return "yes" if name in attributes else ""


def _name_of(field: syntax.Field | None) -> str:
    return field.declarator.name.text if field and field.declarator.name else "without a name"


def _told_apart(things: Iterable[Thing]) -> Iterator[Thing]:
    """Number those that have the key of one before them: overloads."""
    seen: dict[str, int] = {}
    for one in things:
        seen[one.key] = seen.get(one.key, 0) + 1
        number = seen[one.key]
        yield replace(one, key=f"{one.key} {number}") if number > 1 else one
