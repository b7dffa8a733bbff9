"""The classes that every thread of this process may create in process: a registry's InprocServer32.

Process-wide, needs no apartment, any thread. It holds the Python classes themselves.
"""

from __future__ import annotations

from typing import Final

from pyorpc.activation.class_string import checked_clsid
from pyorpc.activation.coclass import ClassRecord, record_of
from pyorpc.activation.system_classes import SYSTEM_CLASSES
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid

_CLASSES: Final[dict[Clsid, type]] = {}


def register_inproc_class(cls: type) -> None:
    """Let `create_instance` find a `@coclass` class by its CLSID and ProgID. The last one counts.

    Raises E_INVALIDARG for what is no `@coclass` class.
    """
    _CLASSES[record_of(cls).clsid] = cls


def unregister_inproc_class(clsid: Guid | str | type) -> None:
    """Undo it. Objects that exist live on. Raises REGDB_E_CLASSNOTREG for what is not registered.

    The class may be named by its CLSID, or given itself.
    """
    wanted = record_of(clsid).clsid if isinstance(clsid, type) else checked_clsid(clsid)
    if _CLASSES.pop(wanted, None) is None:
        raise ComError(HRESULT.REGDB_E_CLASSNOTREG, f"the class {wanted} is not registered here")


def find_inproc_class(clsid: Clsid) -> type | None:
    """Also a class that every process has."""
    return _CLASSES.get(clsid) or SYSTEM_CLASSES.get(clsid)


def find_by_progid(progid: str) -> ClassRecord | None:
    """ProgIDs are the same in upper and lower case."""
    wanted = progid.casefold()
    for implementation in list(_CLASSES.values()):
        record = record_of(implementation)
        if record.progid is not None and record.progid.casefold() == wanted:
            return record
    return None
