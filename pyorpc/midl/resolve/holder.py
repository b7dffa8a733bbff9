"""Holder: the parameter or field whose type is mapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyorpc.midl.resolve.siblings import Siblings
    from pyorpc.midl.source import Place

NULLABLE_KINDS = ("unique", "ptr")


@dataclass(frozen=True, slots=True)
class Holder:
    """The parameter or field whose type is mapped."""

    name: str
    place: Place
    siblings: Siblings
    default_pointer: str
    is_parameter: bool = False
    is_in: bool = True
    is_out: bool = False
    is_local: bool = False
