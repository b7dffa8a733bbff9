from __future__ import annotations

import pytest

from tests.midl.compiling import Folder


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("typedef [v1_enum] enum E { A } E;", []),
        ("enum E { A }; typedef [v1_enum] enum E F;", []),
        ("typedef [switch_type(long)] union U { [case(1)] long l; } U;", []),
        ("typedef [v1_enum] long T;", ["0602"]),
        ("typedef [ms_union] enum E { A } E;", ["0602"]),
        ("struct S { [case(1)] long a; };", ["0602"]),
    ],
)
def test_an_attribute_fits_the_kind_of_its_type(
    folder: Folder, text: str, codes: list[str]
) -> None:
    assert [one[-4:] for one in folder.refusals(text)] == codes
