"""Names of local variables in a generated method, so that none hides another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model
from pyorpc.midl.emit.names import parameter_name

if TYPE_CHECKING:
    from pyorpc.midl.model import World


# What marshals pointers, in the methods of proxies and stubs alike.
CHANNEL = "self._channel"


class Variables:
    """Hands out the names of the wire's forms beside the parameters' own names."""

    def __init__(self, world: World, method: model.Method) -> None:
        self._world = world
        self._taken = {parameter_name(one.name) for one in method.parameters}
        self._wire_names: dict[str, str] = {}

    def wire(self, parameter: model.Parameter) -> str:
        """Give the name of the wire's form of a parameter."""
        known = self._wire_names.get(parameter.name)
        if known is None:
            known = f"{parameter_name(parameter.name)}_{self._suffix(parameter.type)}"
            while known in self._taken:
                known += "_"
            self._taken.add(known)
            self._wire_names[parameter.name] = known
        return known

    def received(self, parameter: model.Parameter) -> str:
        """Give a name for an [out] that may not be called as its [in], which has another type."""
        return self._untaken(f"{parameter_name(parameter.name)}_out")

    @property
    def pipes(self) -> str:
        """The name of what gives and takes the pipes of the call."""
        return self._untaken("pipes")

    def channel(self, type_: model.Type) -> str:
        """Give what the pointers in a value are marshaled with."""
        return self.pointers if self._world.holds_full_pointers(type_) else CHANNEL

    @property
    def pointers(self) -> str:
        """The name of the call's FullPointers."""
        return self._untaken("pointers")

    def _untaken(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        return name

    def _suffix(self, type_: model.Type) -> str:
        match type_:
            case model.InterfacePointer() | model.DynamicPointer() | model.Pipe():
                return "ref"
            case model.InterfaceId():
                return "iid"
            case model.Nullable():
                return self._suffix(type_.of)
            case model.Array(of=of) if self._world.holds_pointers(of):
                return "refs"
            case model.StructRef():
                return "wire"
            case _:
                return "sent"
