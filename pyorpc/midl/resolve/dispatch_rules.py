"""What late binding asks of an interface: IDispatch below it, and members that are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyorpc.midl.resolve.attributes import AttributeList
    from pyorpc.midl.resolve.declared import InterfaceRecord
    from pyorpc.midl.resolve.scope import Unit
    from pyorpc.midl.source import Place

    Members = Iterable[tuple[syntax.Method | syntax.Field, model.Method]]


def check_dual(
    unit: Unit, name: str, attributes: AttributeList, base: InterfaceRecord | None
) -> None:
    """Refuse [dual] where late binding has nothing to begin with; warn in type libraries' files."""
    if "dual" not in attributes or base is None or base.is_dispatch:
        return
    if unit.scope.has_library:
        text = f"'{name}' is [dual], but does not derive from IDispatch"
        unit.reporter.remark(attributes.place("dual"), text)
    else:
        unit.reporter.error(Mistake.DUAL_NOT_DISPATCH, attributes.place("dual"))


def check_ids(unit: Unit, members: Members) -> None:
    """Refuse an id that two members have; the accessors of one property share theirs."""
    names: dict[int, str] = {}
    for written, method in members:
        if method.dispid is None:
            continue
        name = method.property_name or method.name
        known = names.setdefault(method.dispid, name)
        if known.lower() != name.lower():
            place = _place_of_id(written)
            unit.reporter.error(Mistake.DISPATCH_ID_TAKEN, place, id=method.dispid, name=known)


def check_has_ids(unit: Unit, members: Members) -> None:
    """Refuse members of a dispinterface that nobody could call."""
    for written, method in members:
        if "id" not in written.attributes:
            name = method.property_name or method.name
            place = written.declarator.place
            unit.reporter.error(Mistake.DISPATCH_ID_MISSING, place, name=name)


def check_property_types(unit: Unit, members: Members) -> None:
    """Refuse a property that is put as another kind of value than it is got as."""
    got: dict[str, str] = {}
    for _, method in members:
        shown = _shown(method.outs[-1].type) if method.is_getter and method.outs else None
        if shown is not None:
            got[method.property_name] = shown
    for written, method in members:
        name = method.property_name
        if not name or method.is_getter or name not in got or not method.ins:
            continue
        put = _shown(method.ins[-1].type)
        if put is not None and put != got[name]:
            place = written.declarator.place
            unit.reporter.error(Mistake.PROPERTY_TYPES, place, name=name, got=got[name], put=put)


def _place_of_id(written: syntax.Method | syntax.Field) -> Place:
    attribute = written.attributes.named("id")
    if attribute is None:
        return written.declarator.place
    (argument, *_) = attribute.arguments or (None,)
    return attribute.place if argument is None else argument.place


def _shown(type_: model.Type) -> str | None:
    """Name a number, a string or a boolean; None for all else, which may be put otherwise."""
    if isinstance(type_, model.Nullable):
        return _shown(type_.of)
    return type_.kind.value if isinstance(type_, model.Scalar) else None
