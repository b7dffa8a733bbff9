"""What one call's [ptr] pointers point to: made once for its [in]s, and once for its [out]s."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.emit.layout import assignment, call
from pyorpc.midl.emit.variables import CHANNEL, Variables

if TYPE_CHECKING:
    from pyorpc.midl import model
    from pyorpc.midl.emit.module import Module


def write_full_pointers(
    module: Module, parameters: tuple[model.Parameter, ...], variables: Variables
) -> None:
    """Write what the parameters' [ptr] pointers are converted with, if they have any."""
    if any(module.world.holds_full_pointers(one.type) for one in parameters):
        made = call(module.imports.support("FullPointers"), CHANNEL)
        module.writer.lines(assignment(module.writer.indent, variables.pointers, made))
