"""What a call fails with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyorpc import HRESULT, ComError


def failure_of(function: Callable[..., object], *args: Any, **named: Any) -> HRESULT:
    with pytest.raises(ComError) as failed:
        function(*args, **named)
    return failed.value.hresult
