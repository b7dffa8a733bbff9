"""What was found, as text for people or as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pyorpc.midl.breaking.compare import Finding
from pyorpc.midl.breaking.rules import Breaks

WHO = {
    Breaks.CALLERS: ("old callers",),
    Breaks.SERVERS: ("old servers",),
    Breaks.BOTH: ("old callers", "old servers"),
    Breaks.SOURCE: ("source code",),
}


def text_report(findings: Sequence[Finding]) -> str:
    """Give two lines for each finding, and one that counts them."""
    lines: list[str] = []
    for one in findings:
        who = " and ".join(WHO[one.rule.value.breaks])
        lines.append(f"{_where(one)}: {one.rule.code} breaks {who}: {one.text}")
        lines.append(f"    hint: {one.hint}")
    return "\n".join([*lines, _count(findings)])


def json_report(findings: Sequence[Finding]) -> str:
    """Give a list of objects."""
    return json.dumps([_as_object(one) for one in findings], indent=2, ensure_ascii=False)


def _where(one: Finding) -> str:
    return f"{one.place.source.shown_path}:{one.place.line}:{one.place.column}"


def _count(findings: Sequence[Finding]) -> str:
    if not findings:
        return "nothing breaks"
    who = [each for one in findings for each in WHO[one.rule.value.breaks]]
    counts = [f"{who.count(each)} for {each}" for each in dict.fromkeys(sorted(who))]
    changes = "1 breaking change" if len(findings) == 1 else f"{len(findings)} breaking changes"
    return f"{changes}: {', '.join(counts)}"


def _as_object(one: Finding) -> dict[str, object]:
    return {
        "code": one.rule.code,
        "change": one.rule.name.lower(),
        "breaks": list(WHO[one.rule.value.breaks]),
        "file": one.place.source.shown_path,
        "line": one.place.line,
        "column": one.place.column,
        "text": one.text,
        "hint": one.hint,
    }
