"""The proxy and the stub of IDispatch: late-bound calls of objects elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final, cast

from pyorpc.enumerations import DISPATCH
from pyorpc.errors import HRESULT, ComError, ExcepInfo
from pyorpc.remoting.dispatch import IDispatch, Named, checked_ids, table_of
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.stub import InterfaceStub, MethodEntry
from pyorpc.remoting.variants import pack_variant, unpack_variant
from pyorpc.unknown import IUnknown
from pyorpc.wire.codec import Struct
from pyorpc.wire.method import Method
from pyorpc.wire.numbers import Long, ULong, UShort
from pyorpc.wire.objref import ObjRef
from pyorpc.wire.variant import VariantWire


class NamedWire(Struct, frozen=True):
    """An argument by the name or id of its parameter."""

    key: str | Long
    value: VariantWire


class FailureWire(Struct, frozen=True):
    """What a member failed with."""

    scode: HRESULT
    description: str
    source: str
    text: str


class ResultWire(Struct, frozen=True):
    """What an Invoke gives back: a value, or with DISP_E_EXCEPTION what the member failed with."""

    value: VariantWire | None
    failure: FailureWire | None = None


InvokeArgs = tuple[int, int, int, list[VariantWire], list[NamedWire]]

_COUNT: Final[Method[tuple[()], int]] = Method("IDispatch.GetTypeInfoCount", 3, tuple[()], ULong)
_TYPE_INFO: Final[Method[tuple[int, int], ObjRef | None]] = Method(
    "IDispatch.GetTypeInfo", 4, tuple[ULong, ULong], ObjRef | None
)
_IDS_OF_NAMES: Final[Method[tuple[list[str], int], list[int]]] = Method(
    "IDispatch.GetIDsOfNames", 5, tuple[list[str], ULong], list[Long]
)
_INVOKE: Final[Method[InvokeArgs, ResultWire]] = Method(
    "IDispatch.Invoke",
    6,
    tuple[Long, ULong, UShort, list[VariantWire], list[NamedWire]],
    ResultWire,
)


class IDispatchProxy(InterfaceProxy, IDispatch):
    """Of IDispatch, and the base of the proxies of dual interfaces and dispinterfaces."""

    def GetTypeInfoCount(self) -> int:
        return self._call(_COUNT, ())

    def GetTypeInfo(self, index: int, lcid: int = 0) -> IUnknown | None:
        return self._channel.unmarshal(self._call(_TYPE_INFO, (index, lcid)), IUnknown)

    def GetIDsOfNames(self, names: Sequence[str], lcid: int = 0) -> list[int]:
        asked = list(names)
        return checked_ids(self._call(_IDS_OF_NAMES, (asked, lcid)), asked)

    def Invoke(
        self,
        dispid: int,
        args: Sequence[Any] = (),
        *,
        named: Named | None = None,
        flags: int = DISPATCH.METHOD,
        lcid: int = 0,
    ) -> Any:
        values = [pack_variant(self._channel, value) for value in args]
        by_name = [
            NamedWire(key, pack_variant(self._channel, value))
            for key, value in (named or {}).items()
        ]
        result = self._call(_INVOKE, (dispid, lcid, int(flags), values, by_name))
        if result.failure is not None:
            raise _failed(result.failure)
        return None if result.value is None else unpack_variant(self._channel, result.value)


def _failed(failure: FailureWire) -> ComError:
    error = ComError(HRESULT.DISP_E_EXCEPTION, failure.text, executed="yes")
    error.excep_info = ExcepInfo(failure.scode, failure.description, failure.source)
    return error


class IDispatchStub(InterfaceStub[IDispatch]):
    """Of IDispatch; the stubs of dual interfaces and dispinterfaces take its METHODS over."""

    def _GetTypeInfoCount(self, args: tuple[()]) -> int:
        return self._target.GetTypeInfoCount()

    def _GetTypeInfo(self, args: tuple[int, int]) -> ObjRef | None:
        found = self._result(self._target.GetTypeInfo(*args))
        return self._channel.marshal(found, IUnknown)

    def _GetIDsOfNames(self, args: tuple[list[str], int]) -> list[int]:
        if type(self._target).GetIDsOfNames is IDispatch.GetIDsOfNames:
            return table_of(self._target, self.iface).ids_of(args[0])
        try:
            return self._target.GetIDsOfNames(*args)
        except ComError as error:
            if error.hresult != HRESULT.DISP_E_UNKNOWNNAME or not error.outs:
                raise
            return cast("list[int]", error.outs[0])

    def _Invoke(self, args: InvokeArgs) -> ResultWire:
        dispid, lcid, flags, sent, sent_by_name = args
        values = [unpack_variant(self._channel, each) for each in sent]
        named = {each.key: unpack_variant(self._channel, each.value) for each in sent_by_name}
        target = self._target
        try:
            if type(target).Invoke is IDispatch.Invoke:
                table = table_of(target, self.iface)
                result = table.invoke(target, dispid, values, named, flags, lcid)
            else:
                result = target.Invoke(dispid, values, named=named, flags=flags, lcid=lcid)
        except ComError as error:
            info = error.excep_info
            if info is None or error.hresult != HRESULT.DISP_E_EXCEPTION:
                raise
            return ResultWire(None, FailureWire(*info, error.description))
        return ResultWire(pack_variant(self._channel, self._result(result)))

    METHODS: ClassVar[dict[int, MethodEntry]] = {
        3: (_COUNT, _GetTypeInfoCount),
        4: (_TYPE_INFO, _GetTypeInfo),
        5: (_IDS_OF_NAMES, _GetIDsOfNames),
        6: (_INVOKE, _Invoke),
    }


DISPATCH_METHODS: Final = IDispatchStub.METHODS
