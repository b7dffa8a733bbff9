"""configure and get_settings: the settings of the process's default Runtime."""

from __future__ import annotations

from pyorpc.default_runtime import (
    default_runtime_or_none,
    default_settings,
    set_default_settings,
)
from pyorpc.settings import Settings, merge, values_of


def configure(**settings: object) -> dict[str, object]:
    """Change settings before the process's first initialize; returns the previous values.

    Raises E_INVALIDARG for an unknown name or a bad value, naming it, and E_UNEXPECTED once the
    default Runtime is there.
    """
    before = default_settings()
    after = merge(before, **settings)
    set_default_settings(after)
    previous = values_of(before)
    return {name: previous[name] for name in settings}


def get_settings() -> Settings:
    """The settings in force, of the default Runtime or of the one to come."""
    runtime = default_runtime_or_none()
    return default_settings() if runtime is None else runtime.settings
