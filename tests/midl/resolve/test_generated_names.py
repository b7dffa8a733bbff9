from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, Folder, interface

ASYNC = ", async_uuid(7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9b99)"


@pytest.mark.parametrize(
    "name",
    ["IThingProxy", "IThingStub", "IThingAwaitable", "AsyncIThing", "AsyncIThingProxy"],
)
def test_a_name_that_generated_code_needs_is_refused(folder: Folder, name: str) -> None:
    text = IMPORT + f"const long {name} = 1;\n" + interface("", ASYNC)
    assert folder.refusals(text) == ["2:12 ORPC0209"]


def test_two_classes_cannot_have_one_name(folder: Folder) -> None:
    assert folder.refusals("struct A { long a; };\nconst long A = 1;") == ["2:12 ORPC0201"]
    assert folder.refusals("typedef struct { long a; } A;\nenum A { X };") == ["2:6 ORPC0201"]


def test_names_of_asynchronous_classes_are_free_without_async_uuid(folder: Folder) -> None:
    assert "AsyncIThing" in folder.module_text(
        IMPORT + "struct AsyncIThing { long a; };" + interface("")
    )
