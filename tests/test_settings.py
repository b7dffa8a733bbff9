"""Every setting: its default, what it takes, what it refuses, and its environment variable."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from pyorpc.errors import HRESULT, ComError
from pyorpc.settings import (
    RULES,
    Settings,
    merge,
    values_of,
)

MIB = 1024 * 1024
HOME = Path("/srv/home")

DEFAULTS: dict[str, object] = {
    "endpoints": (),
    "insecure": False,
    "ping_period_s": 120,
    "heartbeat_s": 2,
    "mta_threads": 4,
    "mta_threads_max": 256,
    "max_message_bytes": 64 * MIB,
    "max_value_depth": 64,
    "max_call_depth": 32,
    "max_elements": 1_000_000,
    "max_calls_per_peer": 16_384,
    "max_queue": 16_384,
    "max_references_per_peer": 100_000,
    "max_peers": 4_096,
    "handshake_s": 10,
    "activation_timeout_s": 30,
    "grace_s": 2,
    "deadlock_check_s": 0.4,
    "remote_traceback": False,
    "debug": False,
    "home": HOME,
}


FLAGS = ["insecure", "remote_traceback", "debug"]
MAY_BE_ZERO = ["grace_s", "deadlock_check_s"]
SECONDS = [
    "ping_period_s",
    "heartbeat_s",
    "handshake_s",
    "activation_timeout_s",
    *MAY_BE_ZERO,
]
COUNTS = [
    "mta_threads",
    "mta_threads_max",
    "max_value_depth",
    "max_call_depth",
    "max_elements",
    "max_calls_per_peer",
    "max_queue",
    "max_references_per_peer",
    "max_peers",
]
REFUSED_BY_ALL: list[object] = [None, object(), {"a": 1}, b"1"]


def refusal(name: str, value: object) -> str:
    """The text with which the setting refuses the value."""
    with pytest.raises(ComError) as caught:
        merge(Settings(home=HOME), **{name: value})
    assert caught.value.hresult == HRESULT.E_INVALIDARG
    return caught.value.description


def accepted(name: str, value: object) -> object:
    return values_of(merge(Settings(home=HOME), **{name: value}))[name]


def test_the_defaults_are_those_of_the_documentation() -> None:
    assert values_of(Settings(home=HOME)) == DEFAULTS


def test_every_setting_has_a_rule_and_every_rule_a_setting() -> None:
    assert [each.name for each in dataclasses.fields(Settings)] == list(RULES)


def test_every_default_is_accepted_as_text_too() -> None:
    for name, value in DEFAULTS.items():
        assert accepted(name, str(value) if value != () else "") == value


def test_settings_are_frozen_values() -> None:
    settings = Settings(home=HOME)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.mta_threads = 7  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert settings == Settings(home=HOME)
    assert hash(settings) == hash(Settings(home=HOME))


def test_merge_changes_what_it_is_told_and_leaves_the_original_alone() -> None:
    before = Settings(home=HOME)
    after = merge(before, mta_threads=2, debug=True)
    assert (after.mta_threads, after.debug, after.grace_s) == (2, True, 2)
    assert before.mta_threads == 4


def test_the_values_of_settings_make_the_same_settings_again() -> None:
    settings = merge(Settings(home=HOME), endpoints="tcp://*:5555", ping_period_s=0.2)
    assert merge(Settings(home=Path("/elsewhere")), **values_of(settings)) == settings


def test_an_unknown_setting_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(ComError) as caught:
        merge(Settings(home=HOME), mta_thread=3)
    assert caught.value.hresult == HRESULT.E_INVALIDARG
    assert caught.value.description == "there is no setting mta_thread; did you mean mta_threads?"


def test_an_unknown_setting_that_resembles_none_is_answered_with_the_list() -> None:
    with pytest.raises(ComError, match="there is no setting zzz; there are endpoints, insecure"):
        merge(Settings(home=HOME), zzz=3)


def test_a_refusal_names_the_setting_its_variable_the_value_and_what_is_allowed() -> None:
    assert refusal("mta_threads", "many") == (
        "setting mta_threads (PYORPC_MTA_THREADS): 'many' is not a whole number from 1 to 65535 "
        "(invalid literal for int() with base 10: 'many')"
    )


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("value", REFUSED_BY_ALL, ids=lambda value: type(value).__name__)
def test_no_setting_takes_what_is_of_no_fitting_type(name: str, value: object) -> None:
    assert name in refusal(name, value)


def test_a_bad_value_given_to_the_constructor_is_refused_too() -> None:
    with pytest.raises(ComError, match="setting max_queue"):
        Settings(home=HOME, max_queue=0)


def test_a_very_long_value_is_cut_in_the_text() -> None:
    assert len(refusal("mta_threads", [0] * 10_000)) < 500


# ---- Flags -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize(
    ("value", "meaning"),
    [(True, True), (False, False)]
    + [(word, True) for word in ("1", "true", "True", "YES", "on", " on ")]
    + [(word, False) for word in ("0", "false", "False", "NO", "off")],
)
def test_a_flag_takes_booleans_and_words(name: str, value: object, meaning: bool) -> None:
    assert accepted(name, value) is meaning


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("value", [1, 0, "", "maybe", "2", 1.0])
def test_a_flag_takes_nothing_that_merely_resembles_a_boolean(name: str, value: object) -> None:
    assert "True or False" in refusal(name, value)


# ---- Numbers -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize(
    ("value", "meaning"), [(0.05, 0.05), (3, 3.0), ("0.5", 0.5), ("7", 7.0), (" 1e-2 ", 0.01)]
)
def test_seconds_are_numbers_and_may_have_a_fraction(
    name: str, value: object, meaning: float
) -> None:
    result = accepted(name, value)
    assert result == meaning
    assert isinstance(result, float)


@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize("value", [-1, math.nan, math.inf, "inf", "nan", "soon", True, 1e30])
def test_seconds_are_finite_and_not_negative(name: str, value: object) -> None:
    assert "a number of seconds" in refusal(name, value)


def test_only_what_can_do_without_may_be_nothing() -> None:
    for name in MAY_BE_ZERO:
        assert accepted(name, 0) == 0
    for name in SECONDS:
        if name not in MAY_BE_ZERO:
            assert "above 0" in refusal(name, 0)


@pytest.mark.parametrize("name", COUNTS)
def test_a_count_is_a_whole_number_of_one_or_more(name: str) -> None:
    assert accepted("mta_threads_max" if name == "mta_threads" else name, 64) == 64
    for bad in (0, -1, 1.5, "1.5", 2**40, "", "four", True, False, "1 KiB"):
        assert "a whole number from 1 to" in refusal(name, bad)


@pytest.mark.parametrize("name", COUNTS)
def test_a_count_may_be_text_with_underscores(name: str) -> None:
    assert accepted(name, "1_00") == 100


def test_the_least_value_of_each_count_is_one() -> None:
    for name in COUNTS:
        changes = {"mta_threads": 1, name: 1}
        assert values_of(merge(Settings(home=HOME), **changes))[name] == 1


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (256, 256),
        (2**32, 2**32),
        ("65536", 65536),
        ("64 MiB", 64 * MIB),
        ("64MiB", 64 * MIB),
        (" 64 mib ", 64 * MIB),
        ("1 KiB", 1024),
        ("4 GiB", 2**32),
        ("1 kB", 1000),
        ("2 MB", 2_000_000),
        ("1 GB", 10**9),
        ("300 B", 300),
        ("1_000_000", 1_000_000),
    ],
)
def test_a_size_is_a_number_of_bytes_or_a_text_with_its_unit(value: object, meaning: int) -> None:
    assert accepted("max_message_bytes", value) == meaning


@pytest.mark.parametrize(
    "value", [0, 255, -1, 2**32 + 1, "5 GiB", "64 XiB", "MiB", "-1 MiB", "1.5 MiB", "", 1.0, True]
)
def test_a_size_out_of_range_or_of_unknown_unit_is_refused(value: object) -> None:
    assert "a number of bytes from 256 to 4294967296" in refusal("max_message_bytes", value)


def test_more_threads_than_the_most_allowed_are_refused_naming_both() -> None:
    text = refusal("mta_threads", 257)
    assert "mta_threads" in text
    assert "mta_threads_max, which is 256" in text
    assert merge(Settings(home=HOME), mta_threads=300, mta_threads_max=300).mta_threads == 300


# ---- Endpoints ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint",
    [
        "tcp://0.0.0.0:5555",
        "tcp://*:5555",
        "tcp://*:*",
        "tcp://127.0.0.1:0",
        "tcp://host.example:65535",
        "tcp://[::1]:5555",
        "tcp://[fe80::1%eth0]:5555",
        "ipc:///run/user/1000/board",
    ],
)
def test_an_endpoint_is_tcp_with_a_port_or_ipc_with_an_absolute_path(endpoint: str) -> None:
    assert accepted("endpoints", (endpoint,)) == (endpoint,)
    assert accepted("endpoints", [endpoint]) == (endpoint,)
    assert accepted("endpoints", endpoint) == (endpoint,)


@pytest.mark.parametrize(
    "endpoint",
    [
        "0.0.0.0:5555",
        "tcp://host",
        "tcp://host:65536",
        "tcp://:5555",
        "tcp://host:port",
        "udp://host:1",
        "inproc://board",
        "ipc://relative",
        "ipc://@abstract",
        "ipc:///",
        "ipc:///directory/",
        "ipc:///" + "x" * 107,
        "tcp://a:1\ntcp://b:2",
    ],
)
def test_what_is_no_endpoint_is_named_in_the_refusal(endpoint: str) -> None:
    text = refusal("endpoints", (endpoint,))
    assert repr(endpoint) in text
    assert "tcp://HOST:PORT" in text


def test_an_ipc_path_of_107_bytes_is_the_longest_that_is_taken() -> None:
    endpoint = "ipc:///" + "x" * 106
    assert accepted("endpoints", (endpoint,)) == (endpoint,)


def test_endpoints_in_one_text_are_separated_by_commas_or_blanks() -> None:
    assert accepted("endpoints", "tcp://a:1, tcp://b:2 tcp://c:3") == (
        "tcp://a:1",
        "tcp://b:2",
        "tcp://c:3",
    )


def test_an_endpoint_that_is_no_text_is_refused() -> None:
    assert "see 5555" in refusal("endpoints", (5555,))
