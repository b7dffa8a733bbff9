"""The classes that every process has, without being registered. Values."""

from __future__ import annotations

from typing import Final

from pyorpc.activation.coclass import coclass
from pyorpc.activation.threading_model import ThreadingModel
from pyorpc.ids import Clsid, Guid
from pyorpc.services.synchronize import AutoResetEvent, ManualResetEvent
from pyorpc.services.synchronize_container import SynchronizeContainer

CLSID_AutoResetEvent: Final = Guid("0000032b-0000-0000-c000-000000000046")
"""An event that lets one wait through for each Signal: ISynchronize, ISynchronizeHandle."""

CLSID_ManualResetEvent: Final = Guid("0000032c-0000-0000-c000-000000000046")
"""An event that stays signalled until Reset: ISynchronize, ISynchronizeHandle."""

CLSID_SynchronizeContainer: Final = Guid("0000032d-0000-0000-c000-000000000046")
"""Waits for the first of many: ISynchronizeContainer."""

# FREE: what other processes wait for, threads of the pool wait for here. Agile: nobody in this
# process notices.
_agile: Final = ThreadingModel.FREE
SYSTEM_CLASSES: Final[dict[Clsid, type]] = {
    Clsid(clsid): coclass(clsid, None, _agile, free_threaded_marshaler=True)(implementation)
    for clsid, implementation in (
        (CLSID_AutoResetEvent, AutoResetEvent),
        (CLSID_ManualResetEvent, ManualResetEvent),
        (CLSID_SynchronizeContainer, SynchronizeContainer),
    )
}
