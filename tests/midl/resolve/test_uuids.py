from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, Folder, interface


@pytest.mark.parametrize("text", ["", "1", "{7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9b01}", "x" * 36])
def test_a_malformed_uuid_is_refused(folder: Folder, text: str) -> None:
    refusals = folder.refusals(IMPORT + f"[object, uuid({text})] interface I : IUnknown {{ }}")
    assert [one[-4:] for one in refusals] == ["0502"]


def test_a_uuid_may_be_quoted_and_in_capitals(folder: Folder) -> None:
    text = '[object, uuid("7D0F4A10-0C00-4B6E-8A53-2F0D8C1E9B01")] interface I : IUnknown { }'
    assert folder.world(IMPORT + text).interfaces["I"].iid[:8] == "7d0f4a10"


def test_versions_of_an_interface_may_share_its_uuid(folder: Folder) -> None:
    one, two = interface("", name="IThing1"), interface("", name="IThing2")
    assert folder.refusals(IMPORT + one + two) == []
    other = interface("", name="IOther")
    assert [code[-4:] for code in folder.refusals(IMPORT + one + other)] == ["0503"]
