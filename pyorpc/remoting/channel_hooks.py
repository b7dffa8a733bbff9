"""ChannelHooks: what users attach to every call and read from it, under a GUID of their own.

Client methods run on the caller's thread, server methods on the object's, around the method. A hook
that raises is logged and has sent nothing: no call fails because of it. Immutable: a call keeps the
hooks that it began with. Where there are none, calls pay one look at an attribute.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from pyorpc.errors import HRESULT
from pyorpc.ids import Guid, Iid, Ipid
from pyorpc.unknown import IUnknown, interface_for

if TYPE_CHECKING:
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.remoting.stub_manager import StubManager

_log = logging.getLogger(__name__)

# All the data of one message: they travel in its header, which is short.
MOST_BYTES: Final = 32 * 1024
Interface: TypeAlias = type[IUnknown] | Guid
Extensions: TypeAlias = Mapping[bytes, bytes]  # by the GUID's octets, as packets have them


class Hook(Protocol):
    """An IChannelHook."""

    def ClientGetSize(self, uExtent: Guid, riid: Interface) -> int: ...
    def ClientFillBuffer(self, uExtent: Guid, riid: Interface, cbDataSize: int) -> bytes: ...
    def ClientNotify(
        self, uExtent: Guid, riid: Interface, data: bytes, hrFault: HRESULT
    ) -> None: ...
    def ServerNotify(self, uExtent: Guid, riid: Interface, data: bytes) -> None: ...
    def ServerGetSize(self, uExtent: Guid, riid: Interface, hrFault: HRESULT) -> int: ...
    def ServerFillBuffer(
        self, uExtent: Guid, riid: Interface, cbDataSize: int, hrFault: HRESULT
    ) -> bytes: ...


class ChannelHooks:
    """Some hooks, in the order in which they were registered."""

    def __init__(self, hooks: Mapping[Guid, Hook]) -> None:
        self._hooks = dict(hooks)

    def changed(self, extension: Guid, hook: Hook | None) -> ChannelHooks | None:
        """With this hook (None: without that one); None where no hook is left."""
        hooks = {guid: each for guid, each in self._hooks.items() if guid != extension}
        if hook is not None:
            hooks[extension] = hook
        return ChannelHooks(hooks) if hooks else None

    # ---- the caller's side -----------------------------------------------------------------

    def begin(self, riid: Interface) -> CallerExtent:
        """The data that a call takes along."""

        def data(extension: Guid, hook: Hook) -> bytes:
            size = hook.ClientGetSize(extension, riid)
            return hook.ClientFillBuffer(extension, riid, size) if size > 0 else b""

        return CallerExtent(self, riid, self._gather(data))

    def end(self, riid: Interface, extensions: Extensions, hresult: HRESULT) -> None:
        """Tell what came back. What no hook is registered for is skipped."""

        def tell(extension: Guid, hook: Hook) -> bytes:
            hook.ClientNotify(extension, riid, extensions.get(extension.bytes, b""), hresult)
            return b""

        self._gather(tell)

    # ---- the callee's side -----------------------------------------------------------------

    def enter(self, riid: Interface, extensions: Extensions) -> None:
        """Tell what came with a call."""

        def tell(extension: Guid, hook: Hook) -> bytes:
            hook.ServerNotify(extension, riid, extensions.get(extension.bytes, b""))
            return b""

        self._gather(tell)

    def leave(self, riid: Interface, hresult: HRESULT) -> dict[bytes, bytes]:
        """The data that an answer takes along."""

        def data(extension: Guid, hook: Hook) -> bytes:
            size = hook.ServerGetSize(extension, riid, hresult)
            return hook.ServerFillBuffer(extension, riid, size, hresult) if size > 0 else b""

        return self._gather(data)

    def _gather(self, data: Callable[[Guid, Hook], bytes]) -> dict[bytes, bytes]:
        gathered: dict[bytes, bytes] = {}
        room = MOST_BYTES
        for extension, hook in self._hooks.items():
            try:
                octets = bytes(data(extension, hook))
            except Exception:
                _log.exception("the channel hook of %s failed", extension)
                continue
            room -= len(octets)
            if room < 0:
                _log.error("%s: %d bytes are too many to travel", extension, len(octets))
                room += len(octets)
            elif octets:
                gathered[extension.bytes] = octets
        return gathered


NO_HOOKS: Final = ChannelHooks({})


class CallerExtent:
    """What hooks send with one call, and what they get back."""

    def __init__(self, hooks: ChannelHooks, riid: Interface, sent: dict[bytes, bytes]) -> None:
        self.hooks = hooks
        self._riid = riid
        self.sent = sent
        self.received: Extensions = {}

    def ended(self, call: OutgoingCall) -> None:
        """Tell the hooks. The caller's thread, when it takes the call's results."""
        hresult = call.hresult if call.error is None else call.error.hresult
        self.hooks.end(self._riid, self.received, HRESULT(hresult))


def interface_of(ipids: Mapping[Iid, Ipid], ipid: Ipid) -> Interface:
    """The interface that an IPID names: its class where that is known, as hooks are told."""
    found = [iid for iid, each in list(ipids.items()) if each == ipid and iid != IUnknown.IID]
    return interface_for(found[0]) if found else IUnknown


def interface_at(manager: StubManager, stub: object) -> Interface:
    """The same for an exported object."""
    found = [iid for iid, each in list(manager.stubs.items()) if each is stub]
    return interface_for(found[0]) if found else IUnknown
