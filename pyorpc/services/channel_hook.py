"""IChannelHook: implemented by users who attach data of their own to every call.

Written by hand, not in IDL: a buffer and its size are one `bytes` here.
"""

from __future__ import annotations

from typing import ClassVar, Final, TypeAlias

from pyorpc.errors import HRESULT, InvalidArgumentError
from pyorpc.ids import Guid, Iid, iid
from pyorpc.unknown import IUnknown

Interface: TypeAlias = type[IUnknown] | Guid


class IChannelHook(IUnknown):
    """`uExtent` is the GUID that it was registered with, `riid` the interface that is called.

    Per call, in this order: ClientGetSize, ClientFillBuffer; ServerNotify, the method,
    ServerGetSize, ServerFillBuffer; ClientNotify. A buffer is asked for only where its size is
    greater than 0; who is notified gets `b""` where nothing came.
    """

    IID: ClassVar[Iid] = iid("1008c4a0-7613-11cf-9af1-0020af6e72f4")

    def ClientGetSize(self, uExtent: Guid, riid: Interface) -> int:
        """How many bytes a call takes along. The caller's thread."""
        return 0

    def ClientFillBuffer(self, uExtent: Guid, riid: Interface, cbDataSize: int) -> bytes:
        """These bytes."""
        return b""

    def ClientNotify(self, uExtent: Guid, riid: Interface, data: bytes, hrFault: HRESULT) -> None:
        """A call has ended, with `hrFault`; `data` came with its answer. The caller's thread."""

    def ServerNotify(self, uExtent: Guid, riid: Interface, data: bytes) -> None:
        """A call begins; `data` came with it. The object's thread."""

    def ServerGetSize(self, uExtent: Guid, riid: Interface, hrFault: HRESULT) -> int:
        """How many bytes the answer takes along. The object's thread."""
        return 0

    def ServerFillBuffer(
        self, uExtent: Guid, riid: Interface, cbDataSize: int, hrFault: HRESULT
    ) -> bytes:
        """These bytes."""
        return b""


METHODS: Final = (
    "ClientGetSize",
    "ClientFillBuffer",
    "ClientNotify",
    "ServerNotify",
    "ServerGetSize",
    "ServerFillBuffer",
)


def refuse_no_hook(hook: object) -> None:
    """Raise E_INVALIDARG for an object that lacks a method of IChannelHook."""
    missing = [name for name in METHODS if not callable(getattr(hook, name, None))]
    if missing:
        raise InvalidArgumentError(
            HRESULT.E_INVALIDARG, f"hook: {hook!r:.80} has no {', '.join(missing)}"
        )
