from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, Folder, interface

LOCAL = "[local] HRESULT Read([out] void *p); HRESULT Next();"


@pytest.mark.parametrize("place", ["before", "after"])
def test_the_remote_form_has_the_local_name_and_slot(folder: Folder, place: str) -> None:
    remote = "[call_as(Read)] HRESULT RemoteRead([out] long *p);"
    body = remote + LOCAL if place == "before" else LOCAL + remote
    found = folder.world(IMPORT + interface(body)).interfaces["IThing"].methods
    slots = {one.name: (one.slot, one.is_local) for one in found}
    assert slots == {"Read": (3, False), "Next": (4, False)}


@pytest.mark.parametrize(
    ("attribute", "code"),
    [("call_as(Write)", "0530"), ("call_as(Next)", "0530"), ("call_as(1)", "0608")],
)
def test_a_wrong_target_is_refused(folder: Folder, attribute: str, code: str) -> None:
    text = IMPORT + interface(f"{LOCAL} [{attribute}] HRESULT RemoteRead([out] long *p);")
    assert [one[-4:] for one in folder.refusals(text)] == [code]
