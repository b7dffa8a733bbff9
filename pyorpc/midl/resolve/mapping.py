"""From declared types and attributes to what travels: the types of the model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.constants import evaluate_integer
from pyorpc.midl.resolve.declared import (
    Base,
    Broken,
    CArray,
    CType,
    EnumRecord,
    Foreign,
    InterfaceRecord,
    PipeOf,
    Pointer,
    SafeArrayOf,
    StructRecord,
    VariantType,
    Void,
    type_name,
)
from pyorpc.midl.resolve.holder import NULLABLE_KINDS, Holder
from pyorpc.midl.resolve.pipes import map_pipe, misplaced_pipe, pipe_in
from pyorpc.midl.resolve.sizes import INTEGERS, LEVELS, TAGS, SizeReader
from pyorpc.midl.resolve.standard_types import HANDLES

if TYPE_CHECKING:
    from pyorpc.midl.resolve.attributes import AttributeList
    from pyorpc.midl.resolve.scope import Unit

# What a pointer to void with a size points to.
BYTES = Base(model.ScalarKind.BYTE, "byte")


class Mapper:
    """Maps the type of one parameter or field."""

    def __init__(self, unit: Unit, holder: Holder, attributes: AttributeList) -> None:
        self._unit = unit
        self._holder = holder
        self._attributes = attributes
        # What sizes and iid_is of a local method say is for its C program only.
        is_quiet = holder.is_local and holder.is_parameter
        self._reporter = Reporter() if is_quiet else unit.reporter
        told = replace(unit, reporter=self._reporter)
        reader = SizeReader(told, holder.siblings, is_in=holder.is_in)
        self._reader = reader
        self._sizes = reader.sizes(attributes)
        self._switch = reader.switch(attributes)
        self._used_levels = 0
        self._uses_switch = False
        self._uses_iid = False

    def map(self, ctype: CType) -> model.Type:
        """Give the type of the model. What cannot travel is refused; local things are opaque."""
        if self._holder.is_parameter and pipe_in(ctype) is not None:
            self._check_sizes()
            return map_pipe(self._unit, self._holder, self._attributes, ctype)
        self._check_pointer_attribute(ctype)
        self._check_string(ctype)
        level, declared = 0, ctype
        kind = self._outer_kind(ctype)
        if self._holder.is_out:
            if isinstance(ctype, Broken):
                return model.Opaque()
            is_short = self._is_one_pointer_short(ctype) and not self._holder.is_in
            if not isinstance(ctype, (Pointer, CArray)) or is_short:
                return self._refuse_out(ctype)
            is_way_back = kind not in NULLABLE_KINDS and not self._is_list_or_string(ctype)
            is_way_back = is_way_back and not self._is_one_pointer_short(ctype)
            if isinstance(ctype, Pointer) and is_way_back:
                ctype, level = ctype.to, 1
                kind = self._inner_kind(ctype)
        mapped = self._value(ctype, level, kind)
        self._check_sizes()
        self._check_targets(declared)
        return mapped

    # ---- outer pointer ---------------------------------------------------------------------

    def _outer_kind(self, ctype: CType) -> str:
        """Give the kind of the outer pointer: as written, by typedef, or by default."""
        written = self._attributes.pointer_kind
        if written is not None:
            is_pure_out = self._holder.is_out and not self._holder.is_in
            is_remote_parameter = self._holder.is_parameter and not self._holder.is_local
            if is_pure_out and written != "ref" and is_remote_parameter:
                self._unit.reporter.error(
                    Mistake.OUT_POINTER_NOT_REF, self._attributes.place(written), kind=written
                )
                return "ref"
            return written
        if self._holder.is_parameter:
            typedef_kind = ctype.kind if isinstance(ctype, Pointer) else None
            return "ref" if self._holder.is_out else typedef_kind or "ref"
        return self._inner_kind(ctype)

    def _inner_kind(self, ctype: CType) -> str:
        kind = ctype.kind if isinstance(ctype, Pointer) else None
        return kind or self._holder.default_pointer

    def _is_list_or_string(self, pointer: Pointer | CArray) -> bool:
        """True if the outer pointer of an [out] is the thing itself, not the way back."""
        if isinstance(pointer, CArray):
            return True
        if self._sizes[:1] and self._sizes[0] is not None:
            return True
        if pointer.is_string:
            return True
        return "string" in self._attributes and _is_character(pointer.to)

    def _is_one_pointer_short(self, ctype: CType) -> bool:
        """True for `[out] IFoo *p`, which cannot give back a pointer."""
        return isinstance(ctype, Pointer) and isinstance(ctype.to, (InterfaceRecord, Void))

    def _refuse_out(self, ctype: CType) -> model.Type:
        holder = self._holder
        if holder.is_local:
            return model.Opaque()
        mistake, shown = Mistake.OUT_NEEDS_POINTER, ctype
        if isinstance(ctype, Pointer):
            mistake, shown = Mistake.OUT_INTERFACE_NEEDS_POINTERS, ctype.to
        elif isinstance(ctype, InterfaceRecord):
            mistake = Mistake.OUT_INTERFACE_NEEDS_POINTERS
        self._unit.reporter.error(
            mistake, holder.place, type=type_name(shown), name=holder.name or "p"
        )
        return model.Opaque()

    # ---- values ----------------------------------------------------------------------------

    def _value(self, ctype: CType, level: int, kind: str) -> model.Type:
        match ctype:
            case Pointer():
                mapped = self._pointer(ctype, level, kind)
            case CArray():
                mapped = self._array(ctype, level)
            case Base():
                mapped = self._base(ctype, level)
            case EnumRecord():
                mapped = model.EnumRef(ctype.key)
            case StructRecord():
                mapped = self._struct(ctype)
            case VariantType():
                mapped = model.Variant()
            case _:
                mapped = self._rare(ctype)
        return mapped

    def _rare(self, ctype: CType) -> model.Type:
        """Give a safe array; refuse what cannot be held by value."""
        match ctype:
            case InterfaceRecord():
                return self._by_value(ctype)
            case Foreign():
                return model.Opaque(f"{ctype.name} means something in one process only")
            case SafeArrayOf():
                return model.SafeArray(self._element(ctype))
            case PipeOf():
                return misplaced_pipe(self._unit, self._holder)
            case _:
                return self._void() if isinstance(ctype, Void) else model.Opaque()

    def _base(self, base: Base, level: int) -> model.Type:
        mapped = model.Scalar(base.kind, self._range() if base.kind in INTEGERS else None)
        is_nullable = self._attributes.pointer_kind in NULLABLE_KINDS
        if base.kind is model.ScalarKind.STRING and level == 0 and is_nullable:
            return model.Nullable(mapped)
        return mapped

    def _range(self) -> tuple[int, int] | None:
        """Give the bounds of [range(low, high)]."""
        if "range" not in self._attributes:
            return None
        bounds: list[int] = []
        for argument in self._attributes.arguments("range"):
            if argument is None or isinstance(argument, (syntax.UuidText, syntax.TypeArgument)):
                continue
            value = evaluate_integer(self._unit, argument, Mistake.RANGE_BOUND)
            bounds.append(0 if value is None else value)
        if len(bounds) != 2 or bounds[0] > bounds[1]:
            self._unit.reporter.error(Mistake.RANGE_BOUND, self._attributes.place("range"))
            return None
        return bounds[0], bounds[1]

    def _element(self, array: SafeArrayOf) -> model.Type:
        """Give the type of a safe array's elements; records and arrays are refused."""
        of = array.of
        if isinstance(of, Pointer) and isinstance(of.to, VariantType):
            of = of.to
        is_pointer = isinstance(of, Pointer) and isinstance(of.to, InterfaceRecord)
        if is_pointer or isinstance(of, (Base, VariantType, EnumRecord, StructRecord, Broken)):
            return self._value(of, self._used_levels, "unique")
        self._unit.reporter.error(Mistake.SAFEARRAY_ELEMENT, array.place, type=type_name(of))
        return model.Opaque()

    def _struct(self, record: StructRecord) -> model.Type:
        """Give a struct, or a union and what its tag must be."""
        if record.kind == "struct":
            return model.StructRef(record.key)
        if record.is_plain:
            return model.Opaque(f"nothing says which arm of union '{record.name}' is meant")
        if record.needs_switch and self._switch is None:
            return model.Opaque(f"union '{record.name}' needs [switch_is(...)] where it is held")
        self._uses_switch = True
        return model.UnionRef(record.key, self._switch)

    def _void(self) -> model.Type:
        if not self._holder.is_local:
            mistake = Mistake.VOID_PARAMETER if self._holder.is_parameter else Mistake.VOID_FIELD
            self._unit.reporter.error(mistake, self._holder.place, name=self._holder.name)
        return model.Opaque()

    def _by_value(self, record: InterfaceRecord) -> model.Type:
        is_parameter = self._holder.is_parameter
        mistake = Mistake.PARAMETER_BY_VALUE if is_parameter else Mistake.INTERFACE_FIELD
        self._unit.reporter.error(mistake, self._holder.place, name=record.name)
        return model.Opaque()

    def _pointer(self, pointer: Pointer, level: int, kind: str) -> model.Type:
        self._used_levels = max(self._used_levels, level + 1)
        if isinstance(pointer.to, (InterfaceRecord, Void)) and self._size(level) is None:
            return self._interface_pointer(pointer.to)
        if isinstance(pointer.to, Void):
            pointer = Pointer(BYTES, pointer.kind)
        is_nullable = kind in NULLABLE_KINDS
        if self._is_string(pointer, level):
            mapped: model.Type = model.Scalar(model.ScalarKind.STRING)
        else:
            mapped = self._value(pointer.to, level + 1, self._inner_kind(pointer.to))
            size = self._size(level)
            if size is not None:
                mapped = model.Array(mapped, size)
        if is_nullable and not isinstance(mapped, (model.Nullable, *model.INTERFACE_POINTERS)):
            is_full = kind == "ptr" and isinstance(mapped, (model.StructRef, model.UnionRef))
            return model.FullPointer(mapped) if is_full else model.Nullable(mapped)
        return mapped

    def _is_string(self, pointer: Pointer, level: int) -> bool:
        if pointer.is_string or ("string" in self._attributes and _is_character(pointer.to)):
            return True
        is_text = isinstance(pointer.to, Base) and pointer.to.is_text
        return is_text and self._size(level) is None

    def _interface_pointer(self, to: InterfaceRecord | Void) -> model.Type:
        if "iid_is" in self._attributes:
            self._uses_iid = True
            name = self._selector()
            if name is None:
                return model.Opaque()
            siblings = self._holder.siblings
            is_field = siblings.kind == "field"
            return model.DynamicPointer(name, is_field or siblings.by_name[name].is_out)
        if isinstance(to, InterfaceRecord):
            to.is_used = to.is_used or not self._holder.is_local
            return model.InterfacePointer(to.name)
        if not self._holder.is_local:
            self._unit.reporter.error(Mistake.VOID_POINTER, self._holder.place)
        return model.Opaque("nothing says what its 'void *' points to")

    def _array(self, array: CArray, level: int) -> model.Type:
        self._used_levels = max(self._used_levels, level + 1)
        if "string" in self._attributes and _is_character(array.of):
            return model.Scalar(model.ScalarKind.STRING)
        element = self._value(array.of, level + 1, self._inner_kind(array.of))
        size = self._size(level)
        if array.size is not None:
            for attribute in ("size_is", "max_is"):
                if size is not None and attribute in self._attributes:
                    self._unit.reporter.error(
                        Mistake.FIXED_AND_SIZED,
                        self._attributes.place(attribute),
                        name=self._holder.name,
                        attribute=attribute,
                    )
            return model.Array(element, size or self._reader.rest(array.size, level))
        if size is None:
            if not self._holder.is_local:
                self._unit.reporter.error(
                    Mistake.ARRAY_NOT_SIZED, array.place, name=self._holder.name
                )
            return model.Opaque(f"nothing says how long array '{self._holder.name}' is")
        return model.Array(element, size)

    def _size(self, level: int) -> model.Size | None:
        return self._sizes[level] if level < len(self._sizes) else None

    # ---- attributes ------------------------------------------------------------------------

    def _selector(self) -> str | None:
        """Give the name that iid_is names: an IID that goes the pointer's way."""
        holder, reporter = self._holder, self._reporter
        (argument,) = self._attributes.arguments("iid_is")
        siblings = holder.siblings
        # `iid`, `*iid` or `&iid`: however it is written, it is that IID.
        while isinstance(argument, syntax.Unary) and argument.operator in ("*", "&"):
            argument = argument.operand
        if not isinstance(argument, syntax.Reference):
            place = self._attributes.place("iid_is")
            reporter.error(Mistake.IID_IS_NOT_NAME, place, siblings=siblings.kind)
            return None
        name, place = argument.name, argument.place
        sibling = siblings.by_name.get(name)
        if sibling is None:
            reporter.error(
                Mistake.IID_IS_UNKNOWN,
                place,
                name=name,
                siblings=siblings.kind,
                hint=siblings.hint(name),
            )
            return None
        ctype = sibling.ctype
        while isinstance(ctype, Pointer):
            ctype = ctype.to
        if not isinstance(ctype, Base) or ctype.kind is not model.ScalarKind.GUID:
            if not isinstance(ctype, Broken):
                reporter.error(Mistake.IID_IS_NOT_IID, place, name=name)
            return None
        if holder.is_in and not sibling.is_in:
            reporter.error(Mistake.IID_IS_NOT_IN, place, name=name)
            return None
        return name

    def _check_pointer_attribute(self, ctype: CType) -> None:
        kind = self._attributes.pointer_kind
        if kind is None or isinstance(ctype, (Pointer, CArray, Broken)):
            return
        if isinstance(ctype, Base) and (
            ctype.kind is model.ScalarKind.STRING or ctype.is_handle or ctype.name in HANDLES
        ):
            return
        self._unit.reporter.error(
            Mistake.POINTER_ATTRIBUTE, self._attributes.place(kind), name=kind
        )

    def _check_string(self, ctype: CType) -> None:
        if "string" not in self._attributes:
            return
        inner = ctype
        while isinstance(inner, (Pointer, CArray)):
            inner = inner.to if isinstance(inner, Pointer) else inner.of
        is_text = isinstance(inner, Base) and inner.kind is model.ScalarKind.STRING
        is_pointer = isinstance(ctype, (Pointer, CArray))
        if isinstance(inner, Broken) or is_text or (is_pointer and _is_character(inner)):
            return
        self._unit.reporter.error(Mistake.STRING_NEEDS_CHARACTERS, self._attributes.place("string"))

    def _check_targets(self, ctype: CType) -> None:
        """Refuse iid_is, length_is and range on a type that they say nothing about."""
        has = self._attributes.__contains__
        if isinstance(ctype, Broken):
            return
        if has("iid_is") and not self._uses_iid:
            self._reporter.error(Mistake.IID_IS_TARGET, self._attributes.place("iid_is"))
        is_sized = has("size_is") or has("max_is")
        if has("length_is") and isinstance(ctype, Pointer) and not is_sized:
            self._reporter.error(Mistake.LENGTH_NEEDS_SIZE, self._attributes.place("length_is"))
        if has("range") and not _has_range(ctype):
            self._reporter.error(Mistake.RANGE_TARGET, self._attributes.place("range"))

    def _check_sizes(self) -> None:
        """Refuse sizes and switch_is that found nothing to say something about."""
        if "switch_is" in self._attributes and not self._uses_switch:
            self._reporter.error(Mistake.SWITCH_NOT_UNION, self._attributes.place("switch_is"))
        for attribute in LEVELS:
            if attribute not in self._attributes:
                continue
            place = self._attributes.place(attribute)
            given = len(self._attributes.arguments(attribute))
            if self._used_levels == 0:
                self._reporter.error(Mistake.SIZE_NOT_ARRAY, place, attribute=attribute)
            elif given > self._used_levels:
                self._reporter.error(
                    Mistake.SIZE_TOO_MANY,
                    place,
                    attribute=attribute,
                    given=given,
                    levels=self._used_levels,
                )


def _has_range(ctype: CType) -> bool:
    """True for an integer or an enum, and for what points to some."""
    while isinstance(ctype, (Pointer, CArray)):
        ctype = ctype.to if isinstance(ctype, Pointer) else ctype.of
    is_number = isinstance(ctype, Base) and (ctype.kind in INTEGERS or ctype.kind in TAGS)
    return is_number or isinstance(ctype, (EnumRecord, Broken))


def _is_character(ctype: CType) -> bool:
    """True for what a [string] consists of; old texts spell a character as a byte."""
    return isinstance(ctype, Base) and ctype.kind in (model.ScalarKind.CHAR, model.ScalarKind.BYTE)
