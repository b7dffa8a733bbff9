"""Methods that cannot be remote in an interface that is not meant to be, or not only.

Type libraries and the headers of C++ describe interfaces that never leave their process, without
saying [local]. Their methods stay local; a warning says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.resolve.methods import resolve_method

if TYPE_CHECKING:
    from pyorpc.midl.resolve.scope import Unit

NO_ARM = "nothing says which arm"


def is_in_process(written: syntax.Interface, *, has_library: bool) -> bool:
    """True if something says that the interface is not for remote calls alone."""
    given = written.attributes
    return has_library or "object" not in given or "odl" in given or _has_lone_local(written)


def _has_lone_local(written: syntax.Interface) -> bool:
    """True if a [local] method has no [call_as] method that takes its place."""
    local: set[str] = set()
    called: set[str] = set()
    for member in written.members:
        if not isinstance(member, syntax.Method) or member.declarator.name is None:
            continue
        if "local" in member.attributes:
            local.add(member.declarator.name.text)
        call_as = member.attributes.named("call_as")
        arguments = call_as.arguments if call_as is not None else None
        called.update(one.name for one in arguments or () if isinstance(one, syntax.Reference))
    return bool(local - called)


def resolve_remote(
    unit: Unit, written: syntax.Method, slot: int, default_pointer: str, *, is_lenient: bool
) -> model.Method:
    """Give a method as a remote one if it can be that, else as a local one if that may be."""
    trial = Reporter()
    known = len(unit.scope.travelling)
    method = resolve_method(
        replace(unit, reporter=trial), written, slot, default_pointer, is_local=False
    )
    reason = None if method.is_local else _reason(unit, method, is_lenient=is_lenient)
    if reason is None and trial.has_errors and is_lenient and not method.is_local:
        reason = trial.diagnostics()[0].text
    if reason is None:
        unit.reporter.take(trial)
        return method
    del unit.scope.travelling[known:]
    local = resolve_method(unit, written, slot, default_pointer, is_local=True)
    unit.reporter.warn(written.place, method.name, reason)
    return local


def _reason(unit: Unit, method: model.Method, *, is_lenient: bool) -> str | None:
    """Say what in a method cannot travel. A union of C in a struct always keeps it local."""
    for parameter in method.parameters:
        for part in unit.world.parts(parameter.type):
            if not isinstance(part, model.Opaque) or not part.reason:
                continue
            is_nested = part is not parameter.type and part.reason.startswith(NO_ARM)
            if is_lenient or is_nested:
                return part.reason
    return None
