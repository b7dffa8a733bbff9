"""The parameters or fields beside the one being mapped: what size_is and iid_is may name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyorpc.midl.diagnostics import did_you_mean

if TYPE_CHECKING:
    from pyorpc.midl.resolve.declared import CType


@dataclass(frozen=True, slots=True)
class Sibling:
    """One parameter or field. `is_nullable`: its outer pointer may be null."""

    ctype: CType
    is_in: bool
    is_out: bool
    is_nullable: bool


@dataclass(frozen=True, slots=True)
class Siblings:
    """All parameters of a method, or all fields of a struct."""

    kind: str
    by_name: dict[str, Sibling]

    def hint(self, name: str) -> str:
        """Suggest a sibling close to an unknown name."""
        return did_you_mean(name, self.by_name)
