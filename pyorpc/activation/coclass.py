"""coclass: says on a Python class what a registry would say of it.

The decorator leaves a ClassRecord on the class, which the class tables and the catalog read with
`record_of`, and marks it for the marshaler. Values, any thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from pyorpc.activation.class_string import checked_clsid, checked_progid
from pyorpc.activation.threading_model import ThreadingModel
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid
from pyorpc.remoting.custom_marshal import IMarshal
from pyorpc.remoting.exporter import FREE_THREADED
from pyorpc.services.free_threaded_marshaler import AgileMarshal
from pyorpc.unknown import PARTS

_ATTRIBUTE: Final = "__pyorpc_class_record__"
_Class = TypeVar("_Class", bound=type)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRecord:
    """What is known of a class without looking into it."""

    clsid: Clsid
    progid: str | None = None
    threading_model: ThreadingModel | str = ThreadingModel.APARTMENT
    """As written, and checked at activation, as a registry's text is: see `model`."""
    free_threaded_marshaler: bool = False

    @property
    def model(self) -> ThreadingModel:
        """Raises ComError(REGDB_E_BADTHREADINGMODEL) if what is written is none."""
        return ThreadingModel.parse(self.threading_model)


def coclass(
    clsid: Guid | str,
    progid: str | None = None,
    threading_model: ThreadingModel | str = ThreadingModel.APARTMENT,
    *,
    free_threaded_marshaler: bool = False,
) -> Callable[[_Class], _Class]:
    """Give a class its CLSID, its ProgID and its threading model. The class stays what it is.

    With `free_threaded_marshaler` every apartment of the process gets the object itself, and the
    object answers IMarshal.
    Subclasses do not inherit the record: each class has its own CLSID.
    """
    record = ClassRecord(
        clsid=checked_clsid(clsid),
        progid=None if progid is None else checked_progid(progid),
        threading_model=threading_model,
        free_threaded_marshaler=free_threaded_marshaler,
    )

    def with_record(implementation: _Class) -> _Class:
        if (earlier := find_record(implementation)) is not None:
            raise ComError(
                HRESULT.E_INVALIDARG,
                f"{implementation.__qualname__} already is the class {earlier.clsid}",
            )
        setattr(implementation, _ATTRIBUTE, record)
        setattr(implementation, FREE_THREADED, free_threaded_marshaler)
        if free_threaded_marshaler:
            setattr(implementation, PARTS, {IMarshal.IID: AgileMarshal})
        return implementation

    return with_record


def record_of(implementation: type) -> ClassRecord:
    """The record that `@coclass` left on this very class, or E_INVALIDARG."""
    record = find_record(implementation)
    if record is None:
        raise ComError(
            HRESULT.E_INVALIDARG,
            f"{implementation!r:.200} has no CLSID: decorate the class with @coclass(...)",
        )
    return record


def find_record(implementation: object) -> ClassRecord | None:
    """The record of a `@coclass` class; None for whatever else it is."""
    if not isinstance(implementation, type):
        return None
    record = vars(implementation).get(_ATTRIBUTE)
    return record if isinstance(record, ClassRecord) else None
