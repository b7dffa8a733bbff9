"""What users of HRESULT and ComError may rely on."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from pyorpc.errors import (
    HRESULT,
    AccessDeniedError,
    CallCanceledError,
    CallTimeoutError,
    ComError,
    DeadlockError,
    DisconnectedError,
    InvalidArgumentError,
    Success,
)


def test_a_known_code_is_one_member_however_it_is_spelled() -> None:
    assert HRESULT(0x80004005) is HRESULT.E_FAIL
    assert HRESULT(0x80004005 - 2**32) is HRESULT.E_FAIL
    assert HRESULT["E_FAIL"] is HRESULT.E_FAIL


def test_an_unknown_code_passes_through_unchanged() -> None:
    unknown = HRESULT(0xDEADBEEF)
    assert unknown == 0xDEADBEEF
    assert int(unknown) == 0xDEADBEEF
    assert isinstance(unknown, HRESULT)
    assert unknown == HRESULT(0xDEADBEEF - 2**32)
    assert hash(unknown) == hash(0xDEADBEEF)
    assert HRESULT(unknown) == unknown
    assert copy.deepcopy(unknown) == unknown
    assert pickle.loads(pickle.dumps(unknown)) == unknown


def test_unknown_codes_are_not_kept() -> None:
    known = len(HRESULT)
    for code in range(0xDEAD0000, 0xDEAD0100):
        HRESULT(code)
    assert len(HRESULT) == known
    assert 0xDEAD0000 not in [int(code) for code in HRESULT]


@pytest.mark.parametrize("beyond", [2**32, -(2**31) - 1, "S_OK", None, 1.5])
def test_what_is_no_32_bit_integer_is_no_code(beyond: object) -> None:
    with pytest.raises(ValueError, match="not a valid HRESULT"):
        HRESULT(beyond)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_codes_print_their_name_and_hexadecimal_value() -> None:
    assert str(HRESULT.E_FAIL) == "E_FAIL (0x80004005)"
    assert f"{HRESULT.E_FAIL}" == "E_FAIL (0x80004005)"
    assert f"{HRESULT.E_FAIL:08X}" == "80004005"
    assert repr(HRESULT.E_FAIL) == "<HRESULT E_FAIL (0x80004005)>"
    assert str(HRESULT(0xDEADBEEF)) == "0xDEADBEEF"
    assert repr(HRESULT(0xDEADBEEF)) == "<HRESULT 0xDEADBEEF>"
    assert HRESULT.E_FAIL.name == "E_FAIL"
    assert HRESULT(0xDEADBEEF).name == "0xDEADBEEF"


def test_the_top_bit_tells_failure() -> None:
    assert HRESULT.E_FAIL.failed
    assert not HRESULT.E_FAIL.succeeded
    assert HRESULT.S_FALSE.succeeded
    assert not HRESULT.S_FALSE.failed
    assert HRESULT(0xDEADBEEF).failed


def test_older_spellings_are_aliases() -> None:
    assert HRESULT["CO_E_NOTSUPPORTED"] is HRESULT.CO_E_NOT_SUPPORTED
    assert HRESULT["RPC_E_WRONGTHREAD"] is HRESULT.RPC_E_WRONG_THREAD
    assert HRESULT["RPC_E_CALL_CANCELLED"] is HRESULT.RPC_E_CALL_CANCELED


KINDS: list[tuple[HRESULT, type[ComError], type[Exception]]] = [
    (HRESULT.RPC_E_DISCONNECTED, DisconnectedError, ConnectionError),
    (HRESULT.CO_E_OBJNOTCONNECTED, DisconnectedError, ConnectionError),
    (HRESULT.RPC_E_SERVER_DIED, DisconnectedError, ConnectionError),
    (HRESULT.RPC_S_CALL_FAILED, DisconnectedError, ConnectionError),
    (HRESULT.RPC_S_SERVER_UNAVAILABLE, DisconnectedError, ConnectionError),
    (HRESULT.RPC_E_CALL_CANCELED, CallCanceledError, ComError),
    (HRESULT.RPC_E_TIMEOUT, CallTimeoutError, TimeoutError),
    (HRESULT.CONTEXT_E_SYNCH_TIMEOUT, CallTimeoutError, TimeoutError),
    (HRESULT.E_ACCESSDENIED, AccessDeniedError, PermissionError),
    (HRESULT.E_INVALIDARG, InvalidArgumentError, ValueError),
    (HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, InvalidArgumentError, ValueError),
    (HRESULT.E_FAIL, ComError, Exception),
    (HRESULT(0xDEADBEEF), ComError, Exception),
]


@pytest.mark.parametrize(("code", "kind", "builtin"), KINDS)
def test_com_error_becomes_the_kind_that_its_code_says(
    code: HRESULT, kind: type[ComError], builtin: type[Exception]
) -> None:
    error = ComError(code, "what was tried", executed="no")
    assert type(error) is kind
    assert isinstance(error, builtin)
    assert (error.hresult, error.description, error.executed) == (code, "what was tried", "no")
    assert str(error) == f"{code}: what was tried"
    assert repr(error) == f"{kind.__name__}({code}: what was tried)"
    assert type(copy.copy(error)) is kind


def test_a_kind_of_os_error_keeps_code_and_text_out_of_errno() -> None:
    error = ComError(HRESULT.E_ACCESSDENIED, "roles of Account.Close")
    assert isinstance(error, OSError)
    assert error.errno is None
    assert error.filename is None
    assert error.args == (HRESULT.E_ACCESSDENIED, "roles of Account.Close")


def test_a_subclass_of_the_users_own_stays_what_it_is() -> None:
    class LedgerError(ComError):
        pass

    assert type(LedgerError(HRESULT.E_ACCESSDENIED, "no")) is LedgerError


def test_the_code_may_be_a_plain_or_negative_integer_or_a_keyword() -> None:
    assert ComError(0x80004005).hresult is HRESULT.E_FAIL
    error = ComError(hresult=0x80070005 - 2**32, description="by keyword")
    assert type(error) is AccessDeniedError
    assert error.hresult is HRESULT.E_ACCESSDENIED


def test_an_error_without_details_says_so() -> None:
    error = ComError(HRESULT.E_FAIL)
    assert str(error) == "E_FAIL (0x80004005)"
    assert error.executed == "unknown"
    assert error.outcome is None
    assert error.remote_traceback is None
    assert error.outs == ()


def test_all_details_can_be_given() -> None:
    error = ComError(
        HRESULT.RPC_E_CALL_CANCELED,
        outcome="not started",
        remote_traceback="Traceback",
        outs=(1, 2),
    )
    assert (error.outcome, error.remote_traceback, error.outs) == (
        "not started",
        "Traceback",
        (1, 2),
    )


def test_a_deadlock_is_a_time_out_that_names_its_cycle() -> None:
    error = DeadlockError(HRESULT.RPC_E_TIMEOUT, "A waits for B", cycle=("A", "B"))
    assert isinstance(error, TimeoutError)
    assert error.cycle == ("A", "B")
    assert type(error) is DeadlockError


def test_success_carries_another_code_and_the_result() -> None:
    success = Success(1, 42)
    assert success.hresult is HRESULT.S_FALSE
    assert success.value == 42
    assert repr(success) == "Success(S_FALSE (0x00000001), 42)"


def test_success_fits_where_the_result_is_declared() -> None:
    def count() -> int:
        return Success(HRESULT.S_FALSE, 3)

    assert isinstance(count(), Success)


def test_success_refuses_a_failure() -> None:
    with pytest.raises(InvalidArgumentError, match="E_FAIL"):
        Success(HRESULT.E_FAIL)


def test_an_error_without_a_code_says_how_it_is_made() -> None:
    wrong: Any = "the film is torn"
    with pytest.raises(TypeError, match="the code comes first"):
        ComError(wrong)
