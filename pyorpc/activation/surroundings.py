"""What a server that the SCM starts inherits from its activator."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pyorpc.interfaces.activation_idl import EnvironmentVariable, Surroundings
from pyorpc.settings import INTERNAL_PREFIX, PREFIX, variable_of

_NAMES: Final = frozenset({"PATH", "HOME"})
_PREFIXES: Final = (PREFIX, "PYTHON")
# Two processes cannot listen at one endpoint.
_OWN: Final = variable_of("endpoints")


def own_surroundings() -> Surroundings:
    """Of this process, as an activator. Its directory may be gone: then the SCM takes another."""
    try:
        directory = str(Path.cwd())
    except OSError:
        directory = ""
    return surroundings_of(os.environ, directory)


def surroundings_of(environ: Mapping[str, str], directory: str) -> Surroundings:
    inherited = [
        EnvironmentVariable(name, value)
        for name, value in sorted(environ.items())
        if is_inherited(name) and _is_text(value)
    ]
    return Surroundings(len(inherited), inherited, directory)


def environment_in(
    surroundings: Surroundings, environ: Mapping[str, str], **settled: str
) -> dict[str, str]:
    """The environment of a server: the SCM's own, changed to the activator's, then to `settled`."""
    kept = {name: value for name, value in environ.items() if not _is_activators(name)}
    given = {each.name: each.value for each in surroundings.environment or ()}
    return kept | {name: given[name] for name in given if is_inherited(name)} | settled


def is_inherited(name: str) -> bool:
    return _is_activators(name) and name != _OWN and not name.startswith(INTERNAL_PREFIX)


def _is_text(value: str) -> bool:
    """Not so what the system took from bytes that are no UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _is_activators(name: str) -> bool:
    return name in _NAMES or name.startswith(_PREFIXES)
