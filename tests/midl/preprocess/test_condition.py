from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.preprocess.condition import Condition
from pyorpc.midl.refused import Refused
from pyorpc.midl.scanner import scan_text
from pyorpc.midl.source import Place, SourceFile

PLACE = Place(SourceFile(Path("/a.idl"), "a.idl", "x"), 0)


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "!0",
        "1 + 2 * 3 == 7",
        "(1 + 2) * 3 == 9",
        "-7 / 2 == -3",
        "-7 % 2 == -1",
        "1 << 4 == 16",
        "0 ? 0 : 1",
        "0x10 == 16 && 010 == 8",
        "'a' == 97",
        "~0 == -1",
        "1 || 1 / 0",
        "!(0 && 1 / 0)",
        "unknown == 0",
        "5 > 4 > 0",
        "(7 & 3 | 4 ^ 1) == 7",
        "10UL >= 10",
    ],
)
def test_what_is_true_in_c_is_true(text: str) -> None:
    assert Condition(scan_text(text), PLACE).is_true()


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("1 +", Mistake.BAD_CONDITION),
        ("(1", Mistake.BAD_CONDITION),
        ("1)", Mistake.BAD_CONDITION),
        ("1 2", Mistake.BAD_CONDITION),
        ("1.5", Mistake.BAD_CONDITION),
        ('"a"', Mistake.BAD_CONDITION),
        ("1 ? 2", Mistake.BAD_CONDITION),
        ("a(1)", Mistake.BAD_CONDITION),
        ("1 / 0", Mistake.DIVISION_BY_ZERO),
        ("(" * 20_000, Mistake.TOO_DEEP),
        ("!" * 20_000 + "1", Mistake.TOO_DEEP),
        ("1?" * 20_000 + "1", Mistake.TOO_DEEP),
    ],
    ids=range(12),
)
def test_a_broken_condition_is_refused(text: str, mistake: Mistake) -> None:
    with pytest.raises(Refused) as caught:
        Condition(scan_text(text), PLACE).is_true()
    assert caught.value.mistake is mistake
