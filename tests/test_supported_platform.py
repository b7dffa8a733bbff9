from __future__ import annotations

import pytest

from pyorpc.supported_platform import refuse_unsupported


def test_linux_and_cpython_are_accepted() -> None:
    refuse_unsupported("linux", "cpython")


@pytest.mark.parametrize(
    ("system", "implementation"), [("win32", "cpython"), ("darwin", "cpython"), ("linux", "pypy")]
)
def test_elsewhere_the_import_fails_and_says_why(system: str, implementation: str) -> None:
    with pytest.raises(ImportError, match=f"{implementation} on {system}"):
        refuse_unsupported(system, implementation)
