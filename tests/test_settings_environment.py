"""Settings from the environment, and the home that they have by default."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.errors import HRESULT, ComError
from pyorpc.settings import (
    RULES,
    Settings,
    default_home,
    settings_from_environment,
    values_of,
    variable_of,
)
from tests.test_settings import accepted, refusal

# ---- Home --------------------------------------------------------------------------------


def test_the_home_becomes_an_absolute_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ada")
    assert accepted("home", "state") == tmp_path / "state"
    assert accepted("home", Path("/srv/x")) == Path("/srv/x")
    assert accepted("home", "~/x") == Path("/home/ada/x")


@pytest.mark.parametrize("value", ["", "a\0b", 5])
def test_a_home_that_is_no_path_is_refused(value: object) -> None:
    assert "the path of a directory" in refusal("home", value)


def test_the_home_is_in_the_users_data_directory_by_default() -> None:
    assert default_home({"XDG_DATA_HOME": "/data", "HOME": "/home/ada"}) == Path("/data/pyorpc")
    assert default_home({"HOME": "/home/ada"}) == Path("/home/ada/.local/share/pyorpc")


def test_a_relative_data_directory_is_ignored_as_its_specification_says() -> None:
    environ = {"XDG_DATA_HOME": "data", "HOME": "/home/ada"}
    assert default_home(environ) == Path("/home/ada/.local/share/pyorpc")


def test_without_a_home_in_the_environment_the_password_file_is_asked() -> None:
    assert default_home({}).parts[-3:] == (".local", "share", "pyorpc")


def test_a_user_without_any_home_is_told_to_set_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(ComError, match=r"setting home \(PYORPC_HOME\): not set") as caught:
        default_home({})
    assert caught.value.hresult == HRESULT.E_INVALIDARG


# ---- Environment -------------------------------------------------------------------------

VARIABLES = {
    "endpoints": ("tcp://a:1,tcp://b:2", ("tcp://a:1", "tcp://b:2")),
    "insecure": ("1", True),
    "ping_period_s": ("0.2", 0.2),
    "heartbeat_s": ("0.5", 0.5),
    "mta_threads": ("1", 1),
    "mta_threads_max": ("5", 5),
    "max_message_bytes": ("1 MiB", 1024 * 1024),
    "max_value_depth": ("16", 16),
    "max_call_depth": ("8", 8),
    "max_elements": ("1000", 1000),
    "max_calls_per_peer": ("10", 10),
    "max_queue": ("11", 11),
    "max_references_per_peer": ("12", 12),
    "max_peers": ("13", 13),
    "handshake_s": ("1", 1.0),
    "activation_timeout_s": ("2.5", 2.5),
    "grace_s": ("0", 0.0),
    "deadlock_check_s": ("0", 0.0),
    "remote_traceback": ("yes", True),
    "debug": ("on", True),
    "home": ("/srv/pyorpc", Path("/srv/pyorpc")),
}


def test_each_setting_is_read_from_its_environment_variable() -> None:
    assert VARIABLES.keys() == RULES.keys()
    environ = {variable_of(name): text for name, (text, _) in VARIABLES.items()}
    settings = settings_from_environment(environ | {"PATH": "/bin", "OTHER": "x"})
    assert values_of(settings) == {name: value for name, (_, value) in VARIABLES.items()}


def test_without_variables_the_defaults_hold() -> None:
    settings = settings_from_environment({"HOME": "/home/ada"})
    assert settings == Settings(home=Path("/home/ada/.local/share/pyorpc"))


def test_an_empty_variable_counts_as_unset() -> None:
    environ = {"HOME": "/home/ada", "PYORPC_MTA_THREADS": "", "PYORPC_HOME": ""}
    assert settings_from_environment(environ).mta_threads == 4


def test_a_bad_variable_is_named() -> None:
    with pytest.raises(ComError, match=r"\(PYORPC_GRACE_S\): 'soon' is not a number of seconds"):
        settings_from_environment({"HOME": "/", "PYORPC_GRACE_S": "soon"})


@pytest.mark.parametrize("variable", ["PYORPC_HOEM", "PYORPC_home", "PYORPC_"])
def test_an_unknown_variable_of_ours_is_refused(variable: str) -> None:
    with pytest.raises(ComError, match=f"there is no environment variable {variable};") as caught:
        settings_from_environment({"HOME": "/", variable: "x"})
    assert caught.value.hresult == HRESULT.E_INVALIDARG


def test_variables_that_our_processes_hand_to_each_other_are_no_settings() -> None:
    settings = settings_from_environment({"HOME": "/home/ada", "PYORPC__LAUNCH": "x"})
    assert settings == settings_from_environment({"HOME": "/home/ada"})


def test_the_environment_of_the_process_is_read_when_none_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYORPC_MAX_PEERS", "77")
    monkeypatch.setenv("PYORPC_HOME", "/srv/x")
    assert settings_from_environment().max_peers == 77
    assert settings_from_environment().home == Path("/srv/x")
