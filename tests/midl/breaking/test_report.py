from __future__ import annotations

import json

from pyorpc.midl.breaking.report import json_report, text_report
from tests.midl.breaking.comparing import findings

OLD, NEW = "const long A = 1;\nstruct S { long a; };\n", "\nconst long A = 2;\n"


def test_the_text_says_where_who_why_and_what_to_do() -> None:
    assert text_report(findings(OLD, NEW)).splitlines() == [
        "thing.idl:2:12: BRK502 breaks old callers and old servers: A was 1 and is 2;"
        " whoever was built before has the old value",
        "    hint: leave A as it is and add another constant",
        "thing.idl:2:8: BRK401 breaks source code: struct S is gone",
        "    hint: keep S beside what is new",
        "2 breaking changes: 1 for old callers, 1 for old servers, 1 for source code",
    ]


def test_nothing_found_is_said() -> None:
    assert text_report([]) == "nothing breaks"
    assert json.loads(json_report([])) == []


def test_json_has_the_same() -> None:
    first, second = json.loads(json_report(findings(OLD, NEW)))
    assert first == {
        "code": "BRK502",
        "change": "constant_value",
        "breaks": ["old callers", "old servers"],
        "file": "thing.idl",
        "line": 2,
        "column": 12,
        "text": "A was 1 and is 2; whoever was built before has the old value",
        "hint": "leave A as it is and add another constant",
    }
    assert second["breaks"] == ["source code"]
