from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.activation.surroundings import (
    environment_in,
    is_inherited,
    own_surroundings,
    surroundings_of,
)


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "PYTHONPATH", "PYTHONHASHSEED", "PYORPC_DEBUG", "PYORPC_HOME"]
)
def test_inherited(name: str) -> None:
    assert is_inherited(name)


@pytest.mark.parametrize(
    "name", ["USER", "LD_PRELOAD", "MYPATH", "PYORPC_ENDPOINTS", "PYORPC__READY"]
)
def test_not_inherited(name: str) -> None:
    assert not is_inherited(name)


def test_a_server_has_the_activators_variables_and_else_the_scms() -> None:
    scm = {"USER": "scm", "PATH": "/scm", "PYTHONPATH": "/scm", "PYORPC_DEBUG": "1"}
    given = surroundings_of({"USER": "me", "PATH": "/mine", "PYORPC_GRACE_S": "3"}, "/")
    assert environment_in(given, scm, PYORPC_HOME="/home") == {
        "USER": "scm",
        "PATH": "/mine",
        "PYORPC_GRACE_S": "3",
        "PYORPC_HOME": "/home",
    }


def test_what_was_settled_counts_more_than_what_the_activator_says() -> None:
    given = surroundings_of({"PYORPC_HOME": "/mine"}, "/")
    assert environment_in(given, {}, PYORPC_HOME="/ours") == {"PYORPC_HOME": "/ours"}


def test_a_value_that_is_no_text_stays_behind() -> None:
    assert surroundings_of({"HOME": b"/h\xff".decode(errors="surrogateescape")}, "/").count == 0


def test_the_directory_is_the_activators_unless_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    assert own_surroundings().directory == str(gone)
    gone.rmdir()
    assert own_surroundings().directory == ""
