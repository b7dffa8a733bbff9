"""The records of a LOOK travel as maps, so that newer processes may tell more."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pyorpc.errors import HRESULT, ComError
from pyorpc.wire.codec import encode
from pyorpc.wire.sight import (
    CALLS,
    LONGEST,
    PROCESS,
    REFERENCES,
    CallsSeen,
    ReferenceSeen,
    ReferencesSeen,
    decode_seen,
    shown,
)


def reference(kind: str, **more: Any) -> ReferenceSeen:
    return ReferenceSeen(
        type_name="Probe", oid="0a", interface="IProbe", kind=kind, count=5, since=1.0, **more
    )


def test_an_answer_comes_back_as_it_was() -> None:
    answer = ReferencesSeen(process_id="ab", pid=7, references=[reference("locks")], left_out=3)
    assert decode_seen(REFERENCES, encode(answer)) == answer


def test_what_a_newer_process_tells_besides_is_skipped() -> None:
    body = msgspec.msgpack.encode({"process_id": "ab", "pid": 7, "calls": [], "mood": "good"})
    assert decode_seen(CALLS, body) == CallsSeen(process_id="ab", pid=7, calls=[])


@pytest.mark.parametrize("body", [b"", b"\x90", b"\x80", b"\xc1", b"\x91" * 100_000])
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(ComError) as refusal:
        decode_seen(PROCESS, body)
    assert refusal.value.hresult == HRESULT.RPC_X_BAD_STUB_DATA


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (reference("process", process_id="1234567890", pid=7), "<process 12345678 pid 7>"),
        (reference("transit", process_id="1234567890"), "in transit to <process 12345678 pid ?>"),
        (reference("apartment", where="<STA 0a>"), "home: <STA 0a>"),
        (reference("table packets"), "home: table packets"),
        (reference("packets"), "home: packets"),
        (reference("locks"), "home: locks"),
    ],
)
def test_a_holder_is_named_clearly(record: ReferenceSeen, name: str) -> None:
    assert record.holder("home") == name


def test_a_text_is_cut_and_can_always_be_sent() -> None:
    assert shown("x" * 1000) == "x" * LONGEST
    assert shown("python caf\udce9.py") == "python caf?.py"
