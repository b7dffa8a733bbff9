"""Names the parameter in an error that knows only its position. Runs where a call has failed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, Final

from pyorpc.errors import HRESULT, ComError

# "Expected `int`, got `str` - at `$[0]`", or deeper: "... - at `$[0].price`".
_PLACE: Final = re.compile(r" - at `\$\[(?P<position>\d+)\](?P<inside>[^`]*)`.*")

_REFUSALS: Final = (HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, HRESULT.RPC_X_NULL_REF_POINTER)


def name_parameter(error: ComError, owner: object, method: str) -> None:
    """Put the name of a parameter of `owner`'s method into the text of a refusal of arguments."""
    if error.hresult not in _REFUSALS:
        return
    place = _PLACE.search(error.description)
    names = list(inspect.signature(_function(type(owner), method)).parameters)[1:]  # without self
    if place is None or int(place["position"]) >= len(names):
        return
    method, _, what = error.description[: place.start()].partition(": ")
    name = names[int(place["position"])] + place["inside"]
    error.description = f"{method}: {name}: {what[:1].lower()}{what[1:]}"


def _function(owner: Any, name: str) -> Callable[..., Any]:
    """A method, or what gets or puts a property: `put_Name` is the setter of `Name`."""
    found = getattr(owner, name, None) or getattr(owner, f"{name}_", None)
    if found is None:
        verb, _, name = name.partition("_")
        found = getattr(owner, name)
        found = found.fget if verb == "get" else found.fset
    function: Callable[..., Any] = found
    return function
