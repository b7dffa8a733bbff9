"""Runtime: builds one process's parts and connects them. Its `__init__` is the wiring diagram.

Two Runtimes in one program are two processes to each other. A thread belongs to one Runtime until
it leaves; the public functions find theirs through the thread's state.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakSet, WeakValueDictionary

from pyorpc.activation.activation import Activation
from pyorpc.apartment.apartment import Apartment
from pyorpc.apartment.mta import Mta
from pyorpc.apartment.mta_use import MtaUse
from pyorpc.apartment.neutral import Neutral
from pyorpc.apartment.sta import Sta
from pyorpc.context.context import Context
from pyorpc.context.policies import Policy
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.enumerations import COINIT
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Oxid
from pyorpc.remoting.call_table import CallTable
from pyorpc.remoting.dispatcher import Dispatcher
from pyorpc.remoting.exporter import Exporter
from pyorpc.remoting.git import GlobalInterfaceTable
from pyorpc.remoting.guard import watch
from pyorpc.remoting.hand_packets import HandPackets
from pyorpc.remoting.housekeeping import Housekeeping
from pyorpc.remoting.lines import Lines
from pyorpc.remoting.local_link import LocalLink
from pyorpc.remoting.marshaler import Links, Marshaler
from pyorpc.remoting.network import Network
from pyorpc.remoting.peer import new_identity, refuse_forked
from pyorpc.remoting.reference_desk import ReferenceDesk
from pyorpc.remoting.remote_links import RemoteLinks
from pyorpc.remoting.resolver import Resolver
from pyorpc.remoting.same_thread_link import SameThreadLink
from pyorpc.remoting.stub import StubChannel
from pyorpc.remoting.wired_apartments import wired_mta, wired_neutral, wired_sta
from pyorpc.services.call_faces import call_faces_with
from pyorpc.services.controlling_unknown import ControllingUnknown
from pyorpc.services.proxy_faces import faces_with
from pyorpc.settings import Settings, merge, settings_from_environment
from pyorpc.wire.objref import ObjRef
from pyorpc.wire.value_limits import ValueLimits

_log = logging.getLogger(__name__)
LAST_WORDS_S: Final = 0.2  # for pool threads whose waits ended with the lines


class Runtime:
    """One process's apartments, objects and peers."""

    is_closed = False
    is_default = False  # the process's own, whose MTA threads outside COM may use
    _is_ending = False  # `close` is through: the last apartment to end ends the rest

    def __init__(self, settings: Settings | None = None, **changes: Any) -> None:
        self.settings = merge(settings or settings_from_environment(), **changes)
        self.identity = new_identity()
        self._lock = threading.RLock()  # guards apartments, contexts and the counts of threads
        self._threads: dict[int, ThreadState] = {}  # that entered an apartment, by ident
        # Also the pool's, and those in the MTA implicitly; each goes with its thread.
        self.thread_states: WeakValueDictionary[int, ThreadState] = WeakValueDictionary()
        self._mta: Mta | None = None
        self._mta_use = MtaUse()
        self._neutral: Neutral | None = None
        self._main_sta: Sta | None = None
        self._default_contexts: dict[Oxid, Context] = {}
        self._contexts: WeakSet[Context] = WeakSet()

        self.table = CallTable(
            ValueLimits(self.settings.max_value_depth, self.settings.max_elements),
            self.settings.max_message_bytes,
            has_tracebacks=self.settings.remote_traceback,
        )
        self.exporter = Exporter()
        self.dispatcher = Dispatcher(self.exporter, self.table, self.settings)
        self.network = Network(self.settings, self.identity, self.table, self.dispatcher)
        self.housekeeping = Housekeeping(
            self.settings,
            self.exporter,
            self.network.make_socket,
            self.network.process_listen_endpoints,
        )
        self.network.housekeeping = self.housekeeping
        self.desk = ReferenceDesk(self.exporter, self.settings.max_references_per_peer)
        self.resolver = Resolver(
            self.identity,
            self.exporter,
            self.table,
            self.desk,
            self.housekeeping,
            threads=self.thread_states,
            max_peers=self.settings.max_peers,
        )
        self.resolver.office = self
        self.housekeeping.resolver = self.resolver
        releases = self.housekeeping.releases
        self.marshaler = Marshaler(
            self.exporter,
            Links(
                SameThreadLink(self.exporter, self.table, releases),
                LocalLink(self.exporter, self.table, releases),
                RemoteLinks(self.resolver, releases).link_for,
            ),
            self.join_implicit_mta,
            self.housekeeping.start,
            self.desk,
        )
        self.exporter.channel = StubChannel(self.marshaler, ControllingUnknown)
        self.interface_table = GlobalInterfaceTable(self.marshaler)
        self.hand_packets = HandPackets(self.exporter, self.marshaler)
        self.marshaler.faces.update(faces_with(self.hand_packets))
        self.marshaler.call_faces.update(call_faces_with(self.resolver))
        self.activation = Activation(self)

    # ---- threads and apartments ------------------------------------------------------------

    def initialize(self, state: ThreadState, coinit: COINIT) -> HRESULT:
        """Enter an apartment. S_FALSE: counted again. Raises RPC_E_CHANGED_MODE (not counted)."""
        wants_sta = bool(coinit & COINIT.APARTMENTTHREADED)
        with self._lock:
            if self.is_closed:
                raise ComError(HRESULT.E_UNEXPECTED, "this Runtime is closed")
            if state.home is not None and not state.is_implicit:
                return self._initialize_again(state, wants_sta=wants_sta)
            apartment = self._new_sta() if wants_sta else self._enter_mta()
            self._threads[state.thread_id] = state
        self._settle(state, apartment)
        state.init_count = 1
        state.is_implicit = False
        state.on_thread_end = self._thread_ended
        return HRESULT.S_OK

    def _initialize_again(self, state: ThreadState, *, wants_sta: bool) -> HRESULT:
        if state.runtime is not self or wants_sta != isinstance(state.home, Sta):
            raise ComError(
                HRESULT.RPC_E_CHANGED_MODE,
                f"this thread is in {state.home!r} already; a thread changes its apartment only "
                "after as many uninitialize() as it made initialize()",
            )
        state.init_count += 1
        return HRESULT.S_FALSE

    def uninitialize(self, state: ThreadState) -> None:
        """Undo one initialize; the last one leaves the apartment and ends an STA."""
        state.init_count -= 1
        if state.init_count > 0:
            return
        home = state.home
        if isinstance(home, Sta) and not home.is_closed:
            self._end_apartment(home)
        with self._lock:
            self._threads.pop(state.thread_id, None)
            if isinstance(home, Mta):
                self._mta_use.threads -= 1
        state.leave()
        self._end_what_is_unused()
        if self._is_ending:
            self._end_network()

    def _thread_ended(self, state: ThreadState) -> None:
        """A thread returned without uninitialize: its apartment is torn down all the same."""
        state.init_count = 1
        self.uninitialize(state)

    def _new_sta(self) -> Sta:
        is_main = self._main_sta is None or self._main_sta.is_closed
        sta = wired_sta(self.network, self.settings, is_main=is_main)
        if is_main:
            self._main_sta = sta
        self._add(sta)
        return sta

    def _enter_mta(self) -> Mta:
        self._mta_use.threads += 1
        return self._open_mta()

    def mta(self) -> Mta:
        """The MTA; made by the first need."""
        with self._lock:
            mta = self._open_mta()
            self._mta_use.is_needed_outside |= thread_state().home is not mta
            return mta

    def increment_mta_usage(self) -> int:
        """Keep the MTA, with or without threads in it, until the cookie is given back."""
        with self._lock:
            self._open_mta()
            return self._mta_use.take_cookie()

    def decrement_mta_usage(self, cookie: int) -> None:
        """Raises E_INVALIDARG for a cookie that is unknown or was given back."""
        with self._lock:
            self._mta_use.give_back(cookie)
        self._end_what_is_unused()

    def _open_mta(self) -> Mta:
        with self._lock:
            if self._mta is None or self._mta.is_closed:
                self._mta = wired_mta(self.network, self.settings, self._enter_pool_thread)
                self._add(self._mta)
            return self._mta

    def neutral(self) -> Neutral:
        """The neutral apartment; it is reached through the MTA."""
        with self._lock:
            if self._neutral is None or self._neutral.is_closed:
                self._neutral = wired_neutral(self.mta())
                self._mta_use.is_needed_outside = True  # every apartment may use it
                self._add(self._neutral)
            return self._neutral

    def thread(self, thread_id: int) -> ThreadState | None:
        """The state of a thread that entered an apartment of this Runtime."""
        return self._threads.get(thread_id)

    def sta_of(self, thread_id: int) -> Sta | None:
        state = self._threads.get(thread_id)
        return state.home if state is not None and isinstance(state.home, Sta) else None

    @property
    def main_sta(self) -> Sta | None:
        sta = self._main_sta
        return None if sta is None or sta.is_closed else sta

    def has_mta(self) -> bool:
        return self._mta is not None and not self._mta.is_closed

    def _add(self, apartment: Apartment) -> None:
        self._default_contexts[apartment.oxid] = self.new_context(apartment, is_default=True)
        self.exporter.apartments[apartment.oxid] = apartment

    def _enter_pool_thread(self) -> None:
        state = thread_state()
        mta = self._mta
        assert mta is not None
        self._settle(state, mta)
        state.is_pool_thread = True
        state.init_count = 1

    def _settle(self, state: ThreadState, apartment: Apartment) -> None:
        state.runtime = self
        state.home = state.apartment = apartment
        self.thread_states[state.thread_id] = state
        state.context = self._default_contexts[apartment.oxid]

    def join_implicit_mta(self, state: ThreadState) -> None:
        """A thread outside COM works in the MTA while there is one (of the default Runtime)."""
        refuse_forked(self.identity.pid)
        state.leave_if_it_ended()
        if state.home is None and self.is_default and self.has_mta():
            self._settle(state, self._open_mta())
            state.is_implicit = True

    @contextmanager
    def enter_apartment(self, coinit: COINIT = COINIT.MULTITHREADED) -> Generator[None]:
        """Enter, and leave at the end of the block."""
        state = thread_state()
        self.initialize(state, coinit)
        try:
            yield
        finally:
            self.uninitialize(state)

    # ---- contexts --------------------------------------------------------------------------

    def new_context(
        self, apartment: Apartment, *, is_default: bool = False, policies: tuple[Policy, ...] = ()
    ) -> Context:
        context = Context(apartment, is_default=is_default, policies=policies)
        context.watch = watch if self.settings.debug else None
        with self._lock:
            self._contexts.add(context)
        return context

    def contexts(self) -> list[Context]:
        with self._lock:
            return list(self._contexts)

    def default_context(self, apartment: Apartment) -> Context:
        return self._default_contexts[apartment.oxid]

    # ---- what the parts below ask for ------------------------------------------------------

    def activator(self) -> ObjRef | None:
        return self.activation.door.ref()

    def all_lines(self) -> list[Lines]:
        with self._lock:
            return [a.lines for a in self.exporter.apartments.values() if a.lines is not None]

    # ---- ending ----------------------------------------------------------------------------

    def _end_what_is_unused(self) -> None:
        """The MTA ends with the last of its threads; where others needed it, with the last of all.

        The neutral apartment is reached through the MTA, and ends with it.
        """
        use = self._mta_use
        if use.cookies:
            return
        if self.activation.hosts.end_if_alone(self._threads) or use.has_ended:
            self._end_shared_apartments()

    def _end_shared_apartments(self) -> None:
        self._mta_use.is_needed_outside = False
        with self._lock:
            ending = [a for a in (self._neutral, self._mta) if a is not None and not a.is_closed]
        for apartment in ending:
            self._end_apartment(apartment)

    def _end_apartment(self, apartment: Any) -> None:
        """Refuse its calls, drop its objects, give back what its proxies hold, close its sockets.

        An STA's own thread does this, in the apartment still.
        """
        self.activation.apartment_ending(apartment)
        apartment.close()
        for manager in self.exporter.managers():
            if manager.apartment is apartment and self.exporter.retire(manager):
                self.exporter.drop(manager, closes=False)  # no client has gone
        self._release_proxies_of(apartment)
        self.exporter.apartment_ended(apartment.oxid)
        self._default_contexts.pop(apartment.oxid, None)
        # Calls that run have the grace time to be answered; then those that wait for others end.
        pool = apartment if isinstance(apartment, Mta) else None
        is_through = pool is None or pool.join(self.settings.grace_s)
        for call in list(apartment.deferred):
            call.give_up(apartment.gone_error())
        if not isinstance(apartment, Neutral):
            apartment.lines.close()
        if pool is not None and not is_through:
            pool.join(LAST_WORDS_S)
        apartment.ended()

    def _release_proxies_of(self, apartment: Apartment) -> None:
        for context in self.contexts():
            if context.apartment is apartment:
                context.release_proxies()

    def close(self) -> None:
        """End everything: refuse new calls, say goodbye, close the sockets. Idempotent."""
        with self._lock:
            if self.is_closed:
                return
            self.is_closed = True
        self.activation.close()
        self._end_shared_apartments()
        for apartment in list(self.exporter.apartments.values()):
            if isinstance(apartment, Sta) and apartment.is_current_thread():
                self._end_apartment(apartment)
        late = list(self.exporter.apartments.values())
        if late:
            # Their sockets are theirs to close, and somebody must read the monitors till then.
            _log.warning("the runtime closed while threads were still in %s", late)
        self._is_ending = True
        self._end_network()

    def _end_network(self) -> None:
        if not self.exporter.apartments:
            self.network.close(is_clean=self.housekeeping.close(self.settings.grace_s))

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
