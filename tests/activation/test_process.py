from __future__ import annotations

from typing import get_type_hints

from pyorpc import Runtime
from pyorpc.activation.process import Process


def test_a_runtime_is_a_process() -> None:
    with Runtime() as runtime:
        process: Process = runtime
        for name in get_type_hints(Process):
            assert hasattr(process, name)
