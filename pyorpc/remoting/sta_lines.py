"""StaLines: an STA's connections, all on the one Port that its thread waits on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.apartment.sta import Sta
from pyorpc.apartment.waits import Waker
from pyorpc.context.deadline import left_s
from pyorpc.remoting.line import Line
from pyorpc.remoting.lines import Lines, Network
from pyorpc.remoting.outgoing_call import OutgoingCall
from pyorpc.remoting.peer import PeerApartment
from pyorpc.transport.port import Port

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState


class StaLines(Lines):
    """Used by the STA's thread; other threads only reply through it."""

    def __init__(self, sta: Sta, port: Port, network: Network) -> None:
        super().__init__(sta.oxid, network)
        self._sta = sta
        self.port = port

    def take(self, peer: PeerApartment, state: ThreadState) -> Line:
        if self.port.has_breaks:
            self.port.receive(0)  # a call over a line that has broken would fail in vain
        line = self.primary.get(peer.oxid)
        if line is None or line.connection.broken is not None or not line.leads_to(peer):
            line = self.primary[peer.oxid] = self.open(self.port, peer, is_primary=True)
        return line

    def take_to_begin(self, peer: PeerApartment, state: ThreadState) -> Line:
        return self.take(peer, state)

    def waker_of(self, line: Line, state: ThreadState) -> Waker:
        return self.port

    def wait(self, call: OutgoingCall, line: Line, state: ThreadState) -> bool:
        return self._sta.wait_for(call, left_s(call.deadline), causality=call.causality)

    def wait_begun(self, call: OutgoingCall, timeout_s: float | None, state: ThreadState) -> bool:
        call.await_on(self.port, state.thread_id)
        return self._sta.wait_for(call, timeout_s, causality=call.causality)
