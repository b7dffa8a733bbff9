"""DispatchTable: the members of an interface by name and by id, for late-bound calls.

Made once, at import of a generated module; afterwards it only answers, on any thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pyorpc.enumerations import DISPATCH
from pyorpc.errors import HRESULT, ComError, ExcepInfo, Success
from pyorpc.remoting.dispatch_arguments import REQUIRED, Argument
from pyorpc.unknown import IUnknown

UNKNOWN_ID: Final = -1
PROPERTY_PUT_ID: Final = -3
_PUTS: Final = DISPATCH.PROPERTYPUT | DISPATCH.PROPERTYPUTREF


class Member:
    """One method, or one way to use a property. `python_name` is what the object calls it."""

    __slots__ = ("arguments", "dispid", "is_property", "kind", "name", "positions", "python_name")

    def __init__(  # noqa: PLR0913  # what the IDL says of a member
        self,
        dispid: int,
        name: str,
        kind: DISPATCH,
        arguments: tuple[Argument, ...] = (),
        *,
        python_name: str = "",
        is_property: bool = False,
    ) -> None:
        self.dispid = dispid
        self.name = name
        self.kind = kind
        self.arguments = arguments
        self.python_name = python_name or name
        self.is_property = is_property  # of Python, without arguments but the value
        self.positions = {one.name.lower(): at for at, one in enumerate(arguments)}

    def call(self, target: Any, values: list[Any]) -> Any:
        """Use the member of an object."""
        if not self.is_property:
            return getattr(target, self.python_name)(*values)
        if self.kind & _PUTS:
            return setattr(target, self.python_name, *values)
        return getattr(target, self.python_name)


class DispatchTable:
    """The members of one interface and of its bases."""

    __slots__ = ("_by_id", "_by_name", "_interface")

    def __init__(
        self, interface: str, members: tuple[Member, ...] = (), base: DispatchTable | None = None
    ) -> None:
        self._interface = interface
        self._by_id: dict[int, list[Member]] = {}
        self._by_name: dict[str, Member] = {}
        for inherited in () if base is None else base.members():
            self._enter(inherited)
        for member in members:
            self._enter(member)

    def _enter(self, member: Member) -> None:
        self._by_id.setdefault(member.dispid, []).append(member)
        self._by_name.setdefault(member.name.lower(), member)

    def members(self) -> list[Member]:
        """All members, those of the bases first."""
        return [member for members in self._by_id.values() for member in members]

    def ids_of(self, names: Sequence[str]) -> list[int]:
        """The id of a member, then those of its parameters; -1 for what it does not know."""
        if not names:
            return []
        member = self._by_name.get(names[0].lower())
        if member is None:
            return [UNKNOWN_ID] * len(names)
        # A property's parameters are those of whichever way to use it has most.
        ways = self._by_id[member.dispid]
        positions = max((way.positions for way in ways), key=len)
        return [member.dispid, *(positions.get(name.lower(), UNKNOWN_ID) for name in names[1:])]

    def invoke(  # noqa: PLR0913, PLR0917  # as Invoke
        self,
        target: IUnknown,
        dispid: int,
        args: Sequence[Any],
        named: Mapping[Any, Any],
        flags: int,
        lcid: int,
    ) -> Any:
        """Use a member of an object. Raises DISP_E_*."""
        member = self._member(dispid, flags)
        if member.kind & _PUTS and PROPERTY_PUT_ID in named:
            named = dict(named)
            args = [*args, named.pop(PROPERTY_PUT_ID)]
        values = _values(member, args, named, lcid)
        try:
            result: Any = member.call(target, values)
        except Exception as error:
            raise _exception(error, f"{self._interface}.{member.name}") from error
        if isinstance(result, Success):
            result = result.value
        return [*result] if type(result) is tuple else result

    def _member(self, dispid: int, flags: int) -> Member:
        ways = self._by_id.get(dispid, ())
        for member in ways:
            if member.kind & flags:
                return member
        # A put by reference is a put where there is no other one, and the other way round.
        for member in ways:
            if member.kind & _PUTS and flags & _PUTS:
                return member
        there = f"no member {dispid}"
        if ways:
            there = f"{ways[0].name}, but not to be used so (flags {flags})"
        raise ComError(HRESULT.DISP_E_MEMBERNOTFOUND, f"{self._interface} has {there}")


def _values(member: Member, args: Sequence[Any], named: Mapping[Any, Any], lcid: int) -> list[Any]:
    """The arguments of a call, each of its parameter's type."""
    given, rest = _given(member, args, named)
    values: list[Any] = []
    for at, one in enumerate(member.arguments):
        if one.is_rest:
            values.extend(rest)
        elif one.is_lcid:
            values.append(lcid)
        elif at in given:
            values.append(one.value_of(given[at], at))
        elif one.default is REQUIRED:
            raise _wrong_count(member, len(args) + len(named))
        else:
            values.append(one.default)
    return values


def _given(
    member: Member, args: Sequence[Any], named: Mapping[Any, Any]
) -> tuple[dict[int, Any], Sequence[Any]]:
    """What was given for each parameter, and what is left for the last one, if it takes it."""
    taken = [at for at, one in enumerate(member.arguments) if not (one.is_lcid or one.is_rest)]
    rest = args[len(taken) :]
    takes_rest = bool(member.arguments) and member.arguments[-1].is_rest
    if rest and not takes_rest:
        raise _wrong_count(member, len(args) + len(named))
    given = dict(zip(taken, args, strict=False))
    for key, value in named.items():
        at = _position(member, key)
        if at in given:
            raise _wrong_count(member, len(args) + len(named))
        given[at] = value
    return given, rest


def _position(member: Member, key: str | int) -> int:
    at = member.positions.get(key.lower()) if isinstance(key, str) else key
    if at is None or not 0 <= at < len(member.arguments):
        raise ComError(HRESULT.DISP_E_PARAMNOTFOUND, f"{member.name} has no parameter {key!r}")
    return at


def _wrong_count(member: Member, given: int) -> ComError:
    needed = sum(one.default is REQUIRED and not one.is_rest for one in member.arguments)
    names = ", ".join(one.name for one in member.arguments)
    return ComError(
        HRESULT.DISP_E_BADPARAMCOUNT,
        f"{member.name}({names}) needs {needed} arguments or more; it was given {given}",
    )


def _exception(error: Exception, source: str) -> ComError:
    """What a late-bound call ends with whose member failed."""
    scode, description = HRESULT.RPC_E_SERVERFAULT, f"{type(error).__name__}: {error}"
    if isinstance(error, ComError):
        scode, description = error.hresult, error.description
        if error.error_info is not None:
            source = error.error_info.source or source
            description = error.error_info.description or description
    failed = ComError(
        HRESULT.DISP_E_EXCEPTION, f"{source} failed: {scode}: {description}", executed="yes"
    )
    failed.excep_info = ExcepInfo(scode, description, source)
    return failed
