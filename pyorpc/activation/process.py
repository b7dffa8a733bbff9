"""Process: what activation needs of the Runtime, which is a layer above."""

from __future__ import annotations

from typing import Protocol

from pyorpc.apartment.apartment import Apartment
from pyorpc.apartment.mta import Mta
from pyorpc.apartment.neutral import Neutral
from pyorpc.apartment.sta import Sta
from pyorpc.context.context import Context
from pyorpc.context.thread_state import ThreadState
from pyorpc.enumerations import COINIT
from pyorpc.errors import HRESULT
from pyorpc.remoting.exporter import Exporter
from pyorpc.remoting.housekeeping import Housekeeping
from pyorpc.remoting.marshaler import Marshaler
from pyorpc.remoting.network import Network
from pyorpc.remoting.resolver import Resolver
from pyorpc.settings import Settings
from pyorpc.wire.objref import ObjRef


class Process(Protocol):
    """A Runtime, as the parts of activation see it."""

    settings: Settings
    exporter: Exporter
    marshaler: Marshaler
    resolver: Resolver
    network: Network
    housekeeping: Housekeeping

    @property
    def main_sta(self) -> Sta | None: ...
    def activator(self) -> ObjRef | None: ...
    def mta(self) -> Mta: ...
    def neutral(self) -> Neutral: ...
    def default_context(self, apartment: Apartment) -> Context: ...
    def initialize(self, state: ThreadState, coinit: COINIT) -> HRESULT: ...
    def uninitialize(self, state: ThreadState) -> None: ...
