"""The names that generated classes take: no two declarations may need the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.declared import InterfaceRecord
from pyorpc.midl.resolve.scope import TypeName

if TYPE_CHECKING:
    from pyorpc.midl.resolve.declared import EnumRecord, StructRecord
    from pyorpc.midl.resolve.scope import Unit
    from pyorpc.midl.source import Place


def check_generated_names(unit: Unit, tags: list[StructRecord | EnumRecord]) -> None:
    """Refuse declarations that would give two classes or constants one name."""
    declared = _declared(unit, tags)
    for name, (_, has_proxy, has_async) in declared.items():
        if not has_proxy:
            continue
        derived = [f"{name}Proxy", f"{name}Stub", f"{name}Awaitable"]
        if has_async:
            derived.extend([f"Async{name}", f"Async{name}Proxy", f"Async{name}Stub"])
        for needed in derived:
            if needed in declared:
                unit.reporter.error(
                    Mistake.GENERATED_NAME, declared[needed][0], name=needed, owner=name
                )
        entry = unit.scope.names.get(f"Async{name}") if has_async else None
        if entry is not None:
            unit.reporter.error(
                Mistake.GENERATED_NAME, entry.place, name=f"Async{name}", owner=name
            )


def _declared(
    unit: Unit, tags: list[StructRecord | EnumRecord]
) -> dict[str, tuple[Place, bool, bool]]:
    """Give the place of every class or constant, and if it has a proxy and asynchronous form."""
    found: dict[str, tuple[Place, bool, bool]] = {}
    for name in unit.world.constants:
        found[name] = (unit.scope.names[name].place, False, False)
    for name, entry in unit.scope.names.items():
        if isinstance(entry, TypeName) and entry.kind == "interface":
            record = entry.ctype
            definition = record.definition if isinstance(record, InterfaceRecord) else None
            has_async = definition is not None and definition.async_iid is not None
            has_proxy = definition is None or not definition.is_local
            found[name] = (entry.place, has_proxy, has_async)
    for record in tags:
        if not record.name:
            continue
        before = found.get(record.name)
        if before is not None and not before[0].source.is_standard:
            later, earlier = sorted((record.place, before[0]), key=_order, reverse=True)
            unit.scope.refuse_duplicate(record.name, later, earlier)
        found[record.name] = (record.place, False, False)
    return found


def _order(place: Place) -> int:
    return place.offset
