"""RemoteUnknown: IRemUnknown and IRemUnknown2 of a proxy's apartment, over the packets' functions.

Used in the context of the proxy. Nothing here enters the object's apartment, so no message filter
sees it; but a class with a QueryInterface of its own is asked where its object lives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final, TypeAlias, TypeVar, cast, overload
from uuid import UUID

from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.ids import GUID_NULL, Guid, Iid, Ipid, iid, oxid_of
from pyorpc.interfaces.remote_unknown_idl import (
    REMINTERFACEREF,
    REMQIRESULT,
    STDOBJREF,
    IRemUnknown,
)
from pyorpc.remoting.channel import check_context
from pyorpc.remoting.exporter import PUBLIC_REFS
from pyorpc.remoting.hand_packets import HandPackets
from pyorpc.remoting.marshaler import Marshaler
from pyorpc.remoting.own_references import Refs, own_references, take_from_proxies
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.unknown import IUnknown, iid_of
from pyorpc.wire.objref import ObjRef

T = TypeVar("T")
# The count of the list that follows, or the list itself.
Counted: TypeAlias = int | Sequence[T] | None
GuidLike: TypeAlias = Guid | UUID | str | bytes
Interface: TypeAlias = type[IUnknown] | Guid
Interfaces: TypeAlias = Sequence[Interface]

_LARGEST_COUNT: Final = 2**32 - 1
_LONGEST_LIST: Final = 2**16 - 1
_NOTHING: Final = STDOBJREF(0, 0, 0, 0, GUID_NULL)


class IRemUnknown2(IRemUnknown):
    """IRemUnknown, and a query that gives whole OBJREFs."""

    IID: ClassVar[Iid] = iid("00000143-0000-0000-c000-000000000046")

    def RemQueryInterface2(
        self, ripid: Guid, cIids: int, iids: Interfaces
    ) -> tuple[list[HRESULT], list[bytes | None]]:
        """Ask the object of `ripid` for more interfaces: an HRESULT and an OBJREF for each."""
        raise NotImplementedError


class RemoteUnknown(IRemUnknown2):
    """Every count of a list may be left out. All raise E_INVALIDARG for what makes no sense."""

    def __init__(self, proxy: InterfaceProxy, marshaler: Marshaler, packets: HandPackets) -> None:
        manager = proxy.manager
        self._link = manager.link
        self._oxid = manager.oxid
        self._context = manager.context
        self._own = own_references(manager.context)
        self._marshaler = marshaler
        self._packets = packets

    @overload
    def RemQueryInterface(
        self, ripid: GuidLike, cRefs: int, cIids: int, iids: Interfaces
    ) -> list[REMQIRESULT]: ...
    @overload
    def RemQueryInterface(
        self, ripid: GuidLike, cRefs: int, iids: Interfaces, /
    ) -> list[REMQIRESULT]: ...
    def RemQueryInterface(
        self,
        ripid: GuidLike,
        cRefs: int,
        cIids: Counted[Interface] = None,
        iids: Interfaces | None = None,
    ) -> list[REMQIRESULT]:
        """Ask the object of `ripid` for more interfaces, with `cRefs` references on each.

        The references belong to the caller, who releases them with RemRelease. `last_hresult()` is
        S_FALSE where some are missing. Raises E_NOINTERFACE where all are (`outs` has the results),
        CO_E_OBJNOTREG for an unknown IPID.
        """
        _refuse_bad_count("cRefs", cRefs, least=1)
        found, state = self._query(ripid, cRefs, cIids, iids, "RemQueryInterface")
        results: list[REMQIRESULT] = []
        for each in found:
            if isinstance(each, HRESULT):
                results.append(REMQIRESULT(each, _NOTHING))
                continue
            self._link.took(each)
            self._own.took(self._link, each.ipid, Refs(cRefs))
            std = STDOBJREF(each.flags, cRefs, each.oxid, each.oid, each.ipid)
            results.append(REMQIRESULT(HRESULT.S_OK, std))
        _conclude([result.hResult for result in results], (results,), state)
        return results

    @overload
    def RemQueryInterface2(
        self, ripid: GuidLike, cIids: int, iids: Interfaces
    ) -> tuple[list[HRESULT], list[bytes | None]]: ...
    @overload
    def RemQueryInterface2(
        self, ripid: GuidLike, iids: Interfaces, /
    ) -> tuple[list[HRESULT], list[bytes | None]]: ...
    def RemQueryInterface2(
        self,
        ripid: GuidLike,
        cIids: Counted[Interface] = None,
        iids: Interfaces | None = None,
    ) -> tuple[list[HRESULT], list[bytes | None]]:
        """As RemQueryInterface, with a NORMAL packet for each interface that the object has.

        The packets hold the references: unmarshal them, or release them.
        """
        found, state = self._query(ripid, PUBLIC_REFS, cIids, iids, "RemQueryInterface2")
        hresults = [each if isinstance(each, HRESULT) else HRESULT.S_OK for each in found]
        packets = [
            None if isinstance(each, HRESULT) else self._packets.adopt(each).pack()
            for each in found
        ]
        _conclude(hresults, (hresults, packets), state)
        return hresults, packets

    @overload
    def RemAddRef(
        self, cInterfaceRefs: int, InterfaceRefs: Sequence[REMINTERFACEREF]
    ) -> list[HRESULT]: ...
    @overload
    def RemAddRef(self, InterfaceRefs: Sequence[REMINTERFACEREF], /) -> list[HRESULT]: ...
    def RemAddRef(
        self,
        cInterfaceRefs: Counted[REMINTERFACEREF] = None,
        InterfaceRefs: Sequence[REMINTERFACEREF] | None = None,
    ) -> list[HRESULT]:
        """Obtain references; S_OK, or CO_E_OBJNOTREG for an unknown IPID, for each.

        They belong to the caller, who releases them with RemRelease; the end of its apartment does
        it, too. `last_hresult()` is S_FALSE where not all was granted.
        """
        wanted = _references(cInterfaceRefs, InterfaceRefs)
        state = self._enter("RemAddRef")
        counts = [(ipid, refs.total) for ipid, refs in wanted]
        results = self._link.add_each(counts, state)
        for (ipid, refs), hresult in zip(wanted, results, strict=True):
            if hresult == HRESULT.S_OK:
                self._own.took(self._link, ipid, refs)
        state.last_hresult = HRESULT.S_FALSE if any(results) else HRESULT.S_OK
        return results

    @overload
    def RemRelease(self, cInterfaceRefs: int, InterfaceRefs: Sequence[REMINTERFACEREF]) -> None: ...
    @overload
    def RemRelease(self, InterfaceRefs: Sequence[REMINTERFACEREF], /) -> None: ...
    def RemRelease(
        self,
        cInterfaceRefs: Counted[REMINTERFACEREF] = None,
        InterfaceRefs: Sequence[REMINTERFACEREF] | None = None,
    ) -> None:
        """Give references back, and wait until they are: no more than this context holds.

        Beyond what was obtained by hand, those of the context's proxies are taken: their object may
        go then. `last_hresult()` is S_FALSE where of some interface none was held.
        """
        unwanted = _references(cInterfaceRefs, InterfaceRefs)
        state = self._enter("RemRelease")
        counts: dict[Ipid, int] = {}
        is_all_known = True
        for ipid, refs in unwanted:
            taken = self._take(ipid, refs)
            counts[ipid] = counts.get(ipid, 0) + taken
            is_all_known &= taken > 0
        self._link.release(counts, state)
        state.last_hresult = HRESULT.S_OK if is_all_known else HRESULT.S_FALSE

    # ---- what they share -------------------------------------------------------------------

    def _enter(self, what: str) -> ThreadState:
        state = thread_state()
        check_context(self._context, self._marshaler, state, f"IRemUnknown.{what}")
        return state

    def _take(self, ipid: Ipid, wanted: Refs) -> int:
        taken = self._own.take(self._link, ipid, wanted)
        more = wanted.public - taken.public
        return taken.total + take_from_proxies(self._context, self._link, ipid, more)

    def _query(
        self,
        ripid: GuidLike,
        refs: int,
        count: Counted[Interface],
        iids: Interfaces | None,
        what: str,
    ) -> tuple[list[ObjRef | HRESULT], ThreadState]:
        ipid = Ipid(Guid(ripid))
        wanted = [iid_of(each) for each in _listed("iids", count, iids)]
        state = self._enter(what)
        try:
            if oxid_of(ipid) != self._oxid:
                raise _not_registered(ipid)
            return self._link.query_each(ipid, refs, wanted, state), state
        except ComError as error:
            if error.hresult != HRESULT.RPC_E_DISCONNECTED:
                raise
            raise _not_registered(ipid) from error


def _not_registered(ipid: Ipid) -> ComError:
    return ComError(
        HRESULT.CO_E_OBJNOTREG, f"ripid: {ipid} is no interface of that apartment", executed="no"
    )


def _conclude(hresults: Sequence[HRESULT], outs: tuple[Any, ...], state: ThreadState) -> None:
    """Raise E_NOINTERFACE, with the [out]s, where everything failed; else note the success code."""
    failures = [hresult for hresult in hresults if hresult != HRESULT.S_OK]
    if len(failures) == len(hresults):
        raise ComError(HRESULT.E_NOINTERFACE, "the object has none of these interfaces", outs=outs)
    state.last_hresult = HRESULT.S_FALSE if failures else HRESULT.S_OK


def _listed(name: str, count: Counted[T], items: Sequence[T] | None) -> Sequence[T]:
    """The list of a counted parameter, whose count may be left out."""
    listed: object = count if items is None else items
    if not isinstance(listed, list | tuple) or not 0 < len(listed) <= _LONGEST_LIST:
        raise InvalidArgumentError(
            HRESULT.E_INVALIDARG, f"{name}: {listed!r:.80} is no list with something in it"
        )
    if items is not None and count is not None and count != len(items):
        raise InvalidArgumentError(
            HRESULT.E_INVALIDARG, f"{name}: {len(items)} of them, but their count says {count!r}"
        )
    return cast("Sequence[T]", listed)


def _references(
    count: Counted[REMINTERFACEREF], items: Sequence[REMINTERFACEREF] | None
) -> list[tuple[Ipid, Refs]]:
    listed: list[tuple[Ipid, Refs]] = []
    for each in _listed("InterfaceRefs", count, items):
        if not isinstance(each, REMINTERFACEREF):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgumentError(
                HRESULT.E_INVALIDARG, f"InterfaceRefs: {each!r:.80} is no REMINTERFACEREF"
            )
        _refuse_bad_count("cPublicRefs", each.cPublicRefs)
        _refuse_bad_count("cPrivateRefs", each.cPrivateRefs)
        refs = Refs(each.cPublicRefs, each.cPrivateRefs)
        _refuse_bad_count("cPublicRefs and cPrivateRefs", refs.total, least=1)
        listed.append((Ipid(Guid(each.ipid)), refs))
    return listed


def _refuse_bad_count(name: str, count: Any, *, least: int = 0) -> None:
    if not isinstance(count, int) or not least <= count <= _LARGEST_COUNT:
        raise InvalidArgumentError(
            HRESULT.E_INVALIDARG, f"{name}: {count!r:.80} is no number of references"
        )
