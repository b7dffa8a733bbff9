"""Which factory has the proxy and stub classes of an interface, while this process is in COM."""

from __future__ import annotations

from pyorpc.activation.class_string import checked_clsid
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, InvalidArgumentError
from pyorpc.functions.apartments import current_runtime
from pyorpc.ids import Guid
from pyorpc.unknown import IUnknown, iid_of


def register_ps_clsid(iid: type[IUnknown] | Guid, clsid: Guid | str) -> None:
    """Name the class object (an IPSFactoryBuffer) that has the proxy and stub classes of `iid`.

    For all apartments, until the last one ends; the last entry counts. It is asked where it is
    registered, with INPROC_SERVER, in the apartment that passes the interface; elsewhere, and where
    it is not registered yet, the generated classes serve. Raises E_INVALIDARG, CO_E_NOTINITIALIZED.
    """
    _refuse_null(iid, "iid")
    _refuse_null(clsid, "clsid")
    wanted, factory = iid_of(iid), checked_clsid(clsid)
    current_runtime(thread_state()).exporter.ps_classes.register(wanted, Guid(factory.bytes))


def get_ps_clsid(iid: type[IUnknown] | Guid) -> Guid:
    """The CLSID of an interface's factory; where a generated module serves, the IID itself.

    Raises REGDB_E_IIDNOTREG, E_INVALIDARG, CO_E_NOTINITIALIZED.
    """
    _refuse_null(iid, "iid")
    wanted = iid_of(iid)
    return current_runtime(thread_state()).exporter.ps_classes.clsid_of(wanted)


def _refuse_null(value: object, name: str) -> None:
    if value is None:
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"{name}: null")
