"""Names the parameter in an error that knows only its position. Runs where a call has failed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, Final

from pyorpc.errors import HRESULT, ComError

# "Expected `int`, got `str` - at `$[0]`", or deeper: "... - at `$[0].price`".
_PLACE: Final = re.compile(r" - at `\$\[(?P<position>\d+)\](?P<inside>[^`]*)`.*")


def name_parameter(error: ComError, function: Callable[..., Any]) -> None:
    """Put the name of `function`'s parameter into the text of a refusal of arguments."""
    if error.hresult is not HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA:
        return
    place = _PLACE.search(error.description)
    names = list(inspect.signature(function).parameters)  # of a bound method: without self
    if place is None or int(place["position"]) >= len(names):
        return
    method, _, what = error.description[: place.start()].partition(": ")
    name = names[int(place["position"])] + place["inside"]
    error.description = f"{method}: {name}: {what[:1].lower()}{what[1:]}"
