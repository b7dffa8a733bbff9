"""A HELLO is believed only as far as it can be true."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.introduction import no_hello, refuse_impostor, refuse_malformed
from pyorpc.remoting.peer import Identity, PeerProcess, new_identity
from pyorpc.wire.packets import VERSION, Hello, Kind

OWN = new_identity()
GOOD = Hello(
    VERSION,
    Kind.HELLO,
    0,
    5,
    "0f" * 16,
    "host",
    4711,
    True,
    b"t" * 16,
    ["ipc:///run/x", "tcp://h:1"],
)


def refusal_of(**changes: Any) -> ComError:
    with pytest.raises(ComError) as refused:
        refuse_malformed(msgspec.structs.replace(GOOD, **changes), OWN)
    assert refused.value.hresult == HRESULT.RPC_E_INVALID_HEADER
    assert refused.value.executed == "no"
    return refused.value


def test_what_a_runtime_says_of_itself_is_taken() -> None:
    refuse_malformed(GOOD, OWN)
    refuse_malformed(msgspec.structs.replace(GOOD, oxid=0, token=b"", endpoints=[]), OWN)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("process_id", ""),
        ("process_id", "0F" * 16),
        ("process_id", "0f" * 17),
        ("pid", -1),
        ("pid", 2**31),
        ("host", "h" * 257),
        ("oxid", -1),
        ("token", b"short"),
        ("endpoints", ["ipc:///x"] * 65),
        ("endpoints", ["inproc://x"]),
        ("endpoints", ["ipc:///a\0b"]),
    ],
)
def test_what_no_runtime_says_is_refused_by_name(field: str, value: object) -> None:
    assert field in refusal_of(**{field: value}).description


def test_nobody_else_is_this_process() -> None:
    assert "its own" not in refusal_of(process_id="x").description
    assert "own" in refusal_of(process_id=OWN.process_id).description


def test_a_known_process_keeps_its_pid_and_host() -> None:
    known = PeerProcess(GOOD.process_id, ())
    refuse_impostor(GOOD, known)  # not met yet
    known.host, known.pid = GOOD.host, GOOD.pid
    refuse_impostor(GOOD, known)
    for other in (Identity("", "host", 1), Identity("", "elsewhere", 4711)):
        lie = msgspec.structs.replace(GOOD, host=other.host, pid=other.pid)
        with pytest.raises(ComError) as refused:
            refuse_impostor(lie, known)
        assert refused.value.hresult == HRESULT.E_ACCESSDENIED


def test_who_has_not_said_hello_did_not_run_anything() -> None:
    assert no_hello().executed == "no"
