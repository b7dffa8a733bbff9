from __future__ import annotations

from pathlib import Path

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.refused import Refused
from pyorpc.midl.source import Place, SourceFile


def test_a_refusal_carries_what_the_report_needs() -> None:
    place = Place(SourceFile(Path("/a.idl"), "a.idl", "x"), 0)
    refused = Refused(Mistake.BAD_NUMBER, place, text="x")
    assert (refused.mistake, refused.place, refused.values) == (
        Mistake.BAD_NUMBER,
        place,
        {"text": "x"},
    )
