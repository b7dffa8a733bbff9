"""Interfaces: identity, base, and the methods with their slots."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.attribute_table import INTERFACE
from pyorpc.midl.resolve.attributes import check_attributes
from pyorpc.midl.resolve.call_as import call_as_target, with_remote_forms
from pyorpc.midl.resolve.declared import InterfaceRecord
from pyorpc.midl.resolve.dispatch_rules import check_dual, check_ids, check_property_types
from pyorpc.midl.resolve.in_process import is_in_process, resolve_remote
from pyorpc.midl.resolve.methods import help_string, resolve_method
from pyorpc.midl.resolve.named_types import import_hint
from pyorpc.midl.resolve.properties import with_ids, with_properties
from pyorpc.midl.resolve.scope import TypeName
from pyorpc.midl.resolve.uuids import take_uuid

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyorpc.midl.resolve.scope import Unit
    from pyorpc.midl.source import Place

ROOT = "IUnknown"
ROOT_IID = "00000000-0000-0000-c000-000000000046"
DISPATCH_IID = "00020400-0000-0000-c000-000000000046"
ROOT_METHODS = frozenset({"QueryInterface", "AddRef", "Release"})
# Names that generated classes give a meaning of their own.
FRAMEWORK_NAMES = frozenset({"IID", "SYNC", "METHODS", "BEGIN", "FINISH", "DISPATCH_TABLE"})
FIRST_SLOT = 3
POINTER_DEFAULTS = ("ref", "unique", "ptr")


def declare_forward(unit: Unit, written: syntax.Forward) -> None:
    """Declare `interface IFoo;`; again and again is allowed."""
    name = written.name
    known = unit.scope.names.get(name.text)
    if isinstance(known, TypeName) and isinstance(known.ctype, InterfaceRecord):
        return
    record = InterfaceRecord(name.text, name.place)
    unit.scope.declare(name.text, TypeName("interface", record, name.place))


class InterfaceReader:
    """Resolves one interface."""

    def __init__(self, unit: Unit, written: syntax.Interface) -> None:
        self._unit = unit
        self._written = written
        self._name = written.name.text
        self._attributes = check_attributes(written.attributes, INTERFACE, unit.reporter)
        self._is_local = "local" in self._attributes

    def resolve(self, declare: Callable[[Unit, syntax.Declaration], None]) -> None:
        """Enter the interface. `declare` takes the types and constants declared in it."""
        record = self._record()
        iid = take_uuid(self._unit, self._attributes, "uuid", self._name)
        base = self._base(record, lambda outer: declare(self._unit, outer))
        record.is_dispatch = iid == DISPATCH_IID or (base is not None and base.is_dispatch)
        async_iid = self._async_iid(record, base)
        check_dual(self._unit, self._name, self._attributes, base)
        default_pointer = self._default_pointer()
        inside = replace(self._unit, default_pointer=default_pointer)
        for member in self._written.members:
            if not isinstance(member, syntax.Method):
                declare(inside, member)
        methods = self._methods(base, default_pointer)
        if record.is_dispatch:
            methods = with_ids(methods)
        if not self._is_object(base, iid):
            record.is_broken, record.is_rpc = True, not self._written.bases
            return
        if iid is None and "uuid" not in self._attributes and not self._is_for_c():
            self._unit.reporter.error(
                Mistake.MISSING_UUID, self._written.name.place, kind="interface", name=self._name
            )
        record.definition = model.Interface(
            self._name,
            iid or ROOT_IID,
            async_iid,
            base.name if base is not None else None,
            methods,
            self._written.doc or help_string(self._written.attributes),
            self._unit.home,
            # Of IDispatch the runtime has a proxy, whichever file declares it.
            self._is_local or iid == DISPATCH_IID,
            is_dispatch=record.is_dispatch,
        )
        self._unit.world.interfaces[self._name] = record.definition

    def _is_for_c(self) -> bool:
        """True if the interface may go without a uuid, as some in headers of C++ do."""
        return self._is_local or "pointer_default" in self._attributes

    def _record(self) -> InterfaceRecord:
        """Give the record of the interface, which a forward declaration may have made."""
        place = self._written.name.place
        known = self._unit.scope.names.get(self._name)
        if isinstance(known, TypeName) and isinstance(known.ctype, InterfaceRecord):
            record = known.ctype
            if record.definition is None and not record.is_broken:
                record.place = place
                return record
        record = InterfaceRecord(self._name, place)
        self._unit.scope.declare(self._name, TypeName("interface", record, place))
        return record

    # ---- identity --------------------------------------------------------------------------

    def _async_iid(self, record: InterfaceRecord, base: InterfaceRecord | None) -> str | None:
        """Give the IID of the asynchronous form; refuse what cannot have one."""
        async_iid = take_uuid(self._unit, self._attributes, "async_uuid", self._name)
        if async_iid is None:
            return None
        place = self._attributes.place("async_uuid")
        if self._is_local:
            # Windows's own files have it, where a remote form was cut out.
            self._unit.reporter.warn(place, self._name, "[local] goes before async_uuid")
            return None
        if record.is_dispatch:
            self._unit.reporter.error(Mistake.ASYNC_DISPATCH, place, name=self._name)
        elif not self._written.bases:
            self._unit.reporter.error(Mistake.ASYNC_NOT_OBJECT, place)
        elif base is not None and base.definition is not None:
            # The form of a [local] base was cut out.
            has_form = base.definition.async_iid is not None or base.definition.is_local
            if not has_form and base.name != ROOT:
                self._unit.reporter.error(
                    Mistake.ASYNC_BASE, place, name=base.name, derived=self._name
                )
        return async_iid

    def _default_pointer(self) -> str:
        if "pointer_default" not in self._attributes:
            return "unique"
        (argument,) = self._attributes.arguments("pointer_default")
        if isinstance(argument, syntax.Reference) and argument.name in POINTER_DEFAULTS:
            return argument.name
        place = self._attributes.place("pointer_default")
        self._unit.reporter.error(
            Mistake.ATTRIBUTE_BAD_ARGUMENT,
            place,
            name="pointer_default",
            expected="ref, unique or ptr",
        )
        return "unique"

    # ---- base ------------------------------------------------------------------------------

    def _base(
        self, record: InterfaceRecord, declare: Callable[[syntax.Declaration], None]
    ) -> InterfaceRecord | None:
        for extra in self._written.bases[1:]:
            self._unit.reporter.error(Mistake.TWO_BASES, extra.place, name=extra.name)
        if not self._written.bases:
            return None
        name, place = self._written.bases[0].name, self._written.bases[0].place
        entry = self._unit.scope.names.get(name)
        found = entry.ctype if isinstance(entry, TypeName) else None
        if isinstance(found, InterfaceRecord) and found.definition is None:
            self._unit.scope.declare_early(name, declare)
        report = self._unit.reporter.error
        if not isinstance(found, InterfaceRecord):
            self._refuse_base(name, place)
        elif found is record:
            report(Mistake.INHERITS_ITSELF, place, name=name)
        elif found.definition is not None:
            return found
        else:
            self._refuse_undefined(found, place)
        record.is_broken = True
        return None

    def _refuse_undefined(self, base: InterfaceRecord, place: Place) -> None:
        """Report a base of which no methods are known, unless that was said of it already."""
        report = self._unit.reporter.error
        if base.is_rpc and "object" in self._attributes:
            report(Mistake.BASE_NOT_OBJECT, place, name=base.name)
        elif not base.is_broken:
            report(Mistake.BASE_NOT_DEFINED, place, name=base.name)

    def _refuse_base(self, name: str, place: Place) -> None:
        """Report a base that is no interface."""
        entry = self._unit.scope.names.get(name)
        report = self._unit.reporter.error
        if entry is not None:
            report(Mistake.BASE_NOT_INTERFACE, place, name=name, kind=entry.kind)
        elif name in self._unit.scope.tags:
            report(Mistake.BASE_NOT_INTERFACE, place, name=name, kind="struct or enum")
        else:
            hint = import_hint(name) or self._unit.scope.type_hint(name)
            report(Mistake.UNKNOWN_BASE, place, name=name, hint=hint)

    def _is_object(self, base: InterfaceRecord | None, iid: str | None) -> bool:
        """True if the interface has a place in the model; refuse what is half an interface."""
        report, place = self._unit.reporter.error, self._written.name.place
        is_object = "object" in self._attributes
        if base is None:
            if self._written.bases:
                return False
            is_root = self._name == ROOT and iid == ROOT_IID
            is_remote = is_object and "uuid" in self._attributes and not self._is_local
            if is_remote and not is_root:
                report(Mistake.MISSING_BASE, place, name=self._name)
            return is_root  # without [object] it is for pure RPC, or holds types
        return True  # what has a base is an object, even if nobody wrote so

    # ---- methods ---------------------------------------------------------------------------

    def _methods(self, base: InterfaceRecord | None, default: str) -> tuple[model.Method, ...]:
        inherited: dict[str, str] = {}
        slot = FIRST_SLOT
        for ancestor in self._ancestors(base):
            if ancestor.base is not None:
                inherited.update({one.name: ancestor.name for one in ancestor.methods})
                slot += len(ancestor.methods)
        found: dict[str, model.Method] = {}
        made: list[tuple[syntax.Method, model.Method]] = []
        targets: dict[str, syntax.Reference] = {}
        is_local = self._is_local or base is None  # without a base: for pure RPC
        has_library = self._unit.scope.has_library
        is_lenient = is_in_process(self._written, has_library=has_library)
        for member in self._written.members:
            if not isinstance(member, syntax.Method):
                continue
            if is_local:
                method = resolve_method(self._unit, member, slot, default, is_local=True)
                method = _renamed(method, {*found, *inherited}) if self._is_local else method
            else:
                method = resolve_remote(self._unit, member, slot, default, is_lenient=is_lenient)
            if self._is_new(member, method, found, inherited):
                found[method.name] = method
                made.append((member, method))
                target = call_as_target(self._unit, member)
                if target is not None:
                    targets[method.name] = target
                slot += target is None
        properties = frozenset(
            one.property_name
            for ancestor in self._ancestors(base)
            for one in ancestor.methods
            if one.property_name
        )
        self._check_members([one for one in made if one[1].name not in targets], base)
        found = with_remote_forms(self._unit, found, targets)
        return with_properties(found.values(), properties)

    def _check_members(
        self, made: list[tuple[syntax.Method, model.Method]], base: InterfaceRecord | None
    ) -> None:
        if base is not None and base.is_dispatch:
            check_ids(self._unit, made)
            check_property_types(self._unit, made)

    def _ancestors(self, base: InterfaceRecord | None) -> list[model.Interface]:
        if base is None or base.definition is None:
            return []
        return self._unit.world.lineage(base.definition)

    def _is_new(
        self,
        member: syntax.Method,
        method: model.Method,
        found: dict[str, model.Method],
        inherited: dict[str, str],
    ) -> bool:
        report, place = self._unit.reporter.error, member.place
        name = method.name
        if name in found:
            owner = f"interface '{self._name}'"
            report(Mistake.DUPLICATE_MEMBER, place, owner=owner, kind="method", name=name)
        elif name in inherited:
            report(Mistake.INHERITED_METHOD, place, name=name, base=inherited[name])
        elif name in ROOT_METHODS and self._name != ROOT:
            report(Mistake.IUNKNOWN_METHOD, place, name=name)
        elif name in FRAMEWORK_NAMES:
            report(Mistake.METHOD_RESERVED, place, name=name)
        else:
            return True
        return False


def _renamed(method: model.Method, taken: set[str]) -> model.Method:
    """Give a method a name of its own: in C++, [local] ones of one name may stand side by side."""
    name, number = method.name, 1
    while name in taken:
        number += 1
        name = f"{method.name}_{number}"
    return replace(method, name=name)
