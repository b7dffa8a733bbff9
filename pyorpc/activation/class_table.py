"""ClassTable: the class objects that this process has registered, and who may still have them.

Any thread registers, looks and takes; the table makes no calls. What is handed out is the packet of
a class object, for whatever context it goes to.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final

from pyorpc.apartment.apartment import Apartment
from pyorpc.context.context import Context
from pyorpc.enumerations import CLSCTX, REGCLS
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.ids import Clsid
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.unknown import IUnknown


class Standing(Enum):
    """What a registration is good for."""

    AVAILABLE = "available"
    SUSPENDED = "suspended"
    USED = "used"  # SINGLEUSE, and its one activation has come


class Event(Enum):
    """What befalls it."""

    RESUME = "resume"
    SUSPEND = "suspend"
    USE = "use"  # an activation takes a SINGLEUSE one


MOVES: Final = {
    # CLS-11: with the process's last reference; CoSuspendClassObjects.
    (Standing.AVAILABLE, Event.SUSPEND): Standing.SUSPENDED,
    (Standing.AVAILABLE, Event.RESUME): Standing.AVAILABLE,
    # CLS-08: one activation only.
    (Standing.AVAILABLE, Event.USE): Standing.USED,
    (Standing.SUSPENDED, Event.SUSPEND): Standing.SUSPENDED,
    # CLS-10: one resume publishes all.
    (Standing.SUSPENDED, Event.RESUME): Standing.AVAILABLE,
    # CLS-08: only registering again makes it available.
    (Standing.USED, Event.SUSPEND): Standing.USED,
    (Standing.USED, Event.RESUME): Standing.USED,
}


class Registration:
    """One class object, registered by one apartment. Its table changes it, under its lock."""

    def __init__(
        self, clsid: Clsid, factory: IUnknown, context: Context, clsctx: CLSCTX, flags: REGCLS
    ) -> None:
        self.clsid = clsid
        self.factory = factory
        self.context = context
        self.manager: StubManager | None = None  # of the exported class object
        self.flags = flags
        self.clsctx = clsctx & _REGISTRABLE
        if clsctx & CLSCTX.LOCAL_SERVER and flags & REGCLS.MULTIPLEUSE:
            self.clsctx |= CLSCTX.INPROC_SERVER  # MULTI_SEPARATE is the way to have it apart
        is_suspended = flags & REGCLS.SUSPENDED
        self.standing = Standing.SUSPENDED if is_suspended else Standing.AVAILABLE

    @property
    def apartment(self) -> Apartment:
        return self.context.apartment

    @property
    def is_single_use(self) -> bool:
        return not self.flags & (REGCLS.MULTIPLEUSE | REGCLS.MULTI_SEPARATE)

    def apply(self, event: Event) -> None:
        self.standing = MOVES[self.standing, event]


class ClassTable:
    """One per Runtime. `changed` is called, outside the lock, when what can be had has changed."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()  # guards everything below, and the registrations' standing
        self._registrations: dict[int, Registration] = {}  # by cookie, in the order of arrival
        self._cookies = itertools.count(1)
        self._references = 0  # of the server process: CoAddRefServerProcess
        self._activations = 0  # under way
        self._is_stopping = False

    # ---- registering -----------------------------------------------------------------------

    def register(self, registration: Registration) -> int:
        """Enter a class object; the cookie is never 0. Raises CO_E_OBJISREG."""
        with self._lock:
            if registration.is_single_use and any(
                other.clsid == registration.clsid
                and other.apartment is registration.apartment
                and other.clsctx & registration.clsctx
                for other in self._registrations.values()
            ):
                raise ComError(
                    HRESULT.CO_E_OBJISREG,
                    f"the class {registration.clsid} is registered in {registration.apartment!r}",
                )
            cookie = next(self._cookies)
            self._registrations[cookie] = registration
        self._changed()
        return cookie

    def revoke(self, cookie: int, apartment: Apartment) -> Registration:
        """Take a class object out. Raises E_INVALIDARG, RPC_E_WRONG_THREAD."""
        with self._lock:
            registration = self._registrations.get(cookie)
            if registration is None:
                raise InvalidArgumentError(
                    HRESULT.E_INVALIDARG, f"cookie: {cookie!r} is no registration's, or was revoked"
                )
            if registration.apartment is not apartment:
                raise ComError(
                    HRESULT.RPC_E_WRONG_THREAD,
                    f"the class {registration.clsid} was registered by {registration.apartment!r}, "
                    f"and only that revokes it, not {apartment!r}",
                )
            del self._registrations[cookie]
        self._changed()
        return registration

    def revoke_all(self, apartment: Apartment | None = None) -> list[Registration]:
        """Take out what an apartment has registered; without one, everything."""
        with self._lock:
            cookies = [
                cookie
                for cookie, registration in self._registrations.items()
                if apartment is None or registration.apartment is apartment
            ]
            revoked = [self._registrations.pop(cookie) for cookie in cookies]
        if revoked:
            self._changed()
        return revoked

    # ---- having ----------------------------------------------------------------------------

    def find_in(self, apartment: Apartment, clsid: Clsid) -> Registration | None:
        """What threads of that apartment have in process."""
        with self._lock:
            return next(
                (
                    registration
                    for registration in self._registrations.values()
                    if registration.clsid == clsid
                    and registration.apartment is apartment
                    and registration.clsctx & CLSCTX.INPROC_SERVER
                    and registration.standing is Standing.AVAILABLE
                ),
                None,
            )

    def take(self, clsid: Clsid) -> Registration | None:
        """For an activation from anywhere; a SINGLEUSE one is used up. None: there is none.

        Raises CO_E_SERVER_STOPPING after the process's last reference has gone. `taken` must
        follow: until then the process does not stop.
        """
        with self._lock:
            found = next(self._available_locked(clsid), None)
            if found is None:
                if self._is_stopping and self._serves_locked(clsid):
                    raise ComError(
                        HRESULT.CO_E_SERVER_STOPPING,
                        f"the server of the class {clsid} is about to end",
                        executed="no",
                    )
                return None
            if found.is_single_use:
                found.apply(Event.USE)
            self._activations += 1
        if found.is_single_use:
            self._changed()
        return found

    def taken(self) -> None:
        """The activation that `take` began is over."""
        with self._lock:
            self._activations -= 1

    def available(self) -> list[Clsid]:
        """The classes that others can have from this process now."""
        with self._lock:
            return list(dict.fromkeys(each.clsid for each in self._available_locked()))

    def registrations(self) -> list[Registration]:
        with self._lock:
            return list(self._registrations.values())

    # ---- the server process ----------------------------------------------------------------

    def suspend(self) -> None:
        with self._lock:
            self._apply_locked(Event.SUSPEND)
        self._changed()

    def resume(self) -> None:
        """Publish everything at once."""
        with self._lock:
            self._is_stopping = False
            self._apply_locked(Event.RESUME)
        self._changed()

    def add_ref(self) -> int:
        """One more reason for this process to go on; the new count."""
        with self._lock:
            self._references += 1
            return self._references

    def release(self) -> int:
        """One reason less. At 0 the class objects are suspended, in the same moment.

        An activation that is under way counts as a reason: it may be about to add its own.
        """
        with self._lock:
            self._references = max(0, self._references - 1)
            left = self._references + self._activations
            if left == 0:
                self._stop_locked()
        if left == 0:
            self._changed()
        return left

    def unlock(self) -> int:
        """One reason less, where somebody else decides when to stop; the new count."""
        with self._lock:
            self._references = max(0, self._references - 1)
            return self._references

    def stop(self) -> bool:
        """Suspend, unless there is a reason to go on. True: nothing more is activated here."""
        with self._lock:
            if self._references or self._activations:
                return False
            self._stop_locked()
        self._changed()
        return True

    def _stop_locked(self) -> None:
        self._is_stopping = True
        self._apply_locked(Event.SUSPEND)

    def _apply_locked(self, event: Event) -> None:
        for registration in self._registrations.values():
            registration.apply(event)

    def _serves_locked(self, clsid: Clsid) -> bool:
        return any(each.clsid == clsid for each in self._registrations.values())

    def _available_locked(self, clsid: Clsid | None = None) -> Iterator[Registration]:
        assert self._lock.locked()
        return (
            registration
            for registration in self._registrations.values()
            if clsid in (None, registration.clsid)
            and registration.clsctx & CLSCTX.LOCAL_SERVER
            and registration.standing is Standing.AVAILABLE
        )


_REGISTRABLE: Final = CLSCTX.INPROC_SERVER | CLSCTX.LOCAL_SERVER
