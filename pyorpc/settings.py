"""Settings: what a Runtime may be told, with the defaults, and `PYORPC_<NAME>` for each.

A Settings is a frozen value that has been checked: however it is made, a bad value is refused with
E_INVALIDARG and a text that names the setting, the value and what is allowed. Values may be given
as text (`"64 MiB"`, `"yes"`), as they come from the environment. Any thread.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple, cast

from pyorpc.errors import HRESULT, ComError

PREFIX: Final = "PYORPC_"
"""What the environment variable of a setting begins with."""

INTERNAL_PREFIX: Final = "PYORPC__"
"""What the variables begin with that one process of ours hands to the next; no settings."""

MAX_SOCKET_PATH: Final = 107
"""Linux takes no longer path, in bytes, for a Unix socket."""


def default_home(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's data directory: where catalog, keys and queues are, unless told otherwise."""
    data = environ.get("XDG_DATA_HOME", "")
    if data.startswith("/"):  # the XDG specification: a relative one is to be ignored
        return Path(data) / "pyorpc"
    try:
        user = Path(environ.get("HOME") or Path.home())
    except RuntimeError as error:
        raise ComError(
            HRESULT.E_INVALIDARG, f"setting home (PYORPC_HOME): not set, and {error}"
        ) from error
    return user / ".local" / "share" / "pyorpc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one Runtime. Names end in their unit where a number has one."""

    endpoints: tuple[str, ...] = ()
    insecure: bool = False
    ping_period_s: float = 120.0
    heartbeat_s: float = 2.0
    mta_threads: int = 4
    mta_threads_max: int = 256
    max_message_bytes: int = 64 * 1024 * 1024
    max_value_depth: int = 64
    max_call_depth: int = 32
    max_elements: int = 1_000_000
    max_calls_per_peer: int = 16_384
    max_queue: int = 16_384
    max_references_per_peer: int = 100_000
    max_peers: int = 4_096
    handshake_s: float = 10.0
    activation_timeout_s: float = 30.0
    grace_s: float = 2.0
    deadlock_check_s: float = 0.4
    remote_traceback: bool = False
    debug: bool = False
    home: Path = field(default_factory=default_home)

    def __post_init__(self) -> None:
        for name, rule in RULES.items():
            value = _checked(name, getattr(self, name), rule)
            object.__setattr__(self, name, value)  # past the dataclass's own, which refuses
        if self.mta_threads > self.mta_threads_max:
            raise ComError(
                HRESULT.E_INVALIDARG,
                f"setting mta_threads (PYORPC_MTA_THREADS): {self.mta_threads} is more than "
                f"mta_threads_max, which is {self.mta_threads_max}",
            )


def settings_from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """The defaults, changed by the `PYORPC_<NAME>` variables. An empty variable counts as unset."""
    changes: dict[str, object] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable.startswith(INTERNAL_PREFIX) or not text:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if variable != variable_of(name) or name not in RULES:
            known = [variable_of(each) for each in RULES]
            raise _unknown("environment variable", variable, known)
        changes[name] = text
    if "home" not in changes:
        changes["home"] = default_home(environ)
    return Settings(**changes)  # type: ignore[arg-type]  # checked by the rules


def merge(settings: Settings, **changes: object) -> Settings:
    """`settings` with `changes` made, or nothing changed if one of them is refused."""
    for name in changes:
        if name not in RULES:
            raise _unknown("setting", name, list(RULES))
    return replace(settings, **changes)  # type: ignore[arg-type]  # checked by the rules


def values_of(settings: Settings) -> dict[str, object]:
    """The settings by name, as `configure(**values)` takes them."""
    return {each.name: getattr(settings, each.name) for each in fields(settings)}


def variable_of(name: str) -> str:
    """The environment variable of a setting: `PYORPC_MTA_THREADS` of `mta_threads`."""
    return PREFIX + name.upper()


def _unknown(what: str, name: str, known: list[str]) -> ComError:
    close = difflib.get_close_matches(name, known, n=1)
    advice = f"; did you mean {close[0]}?" if close else f"; there are {', '.join(known)}"
    return ComError(HRESULT.E_INVALIDARG, f"there is no {what} {name}{advice}")


# ---- What is allowed ---------------------------------------------------------------------


class Rule(NamedTuple):
    """`read` gives a setting's value, or raises ValueError; `allowed` says what it takes."""

    read: Callable[[object], object]
    allowed: str


def _checked(name: str, value: object, rule: Rule) -> object:
    try:
        return rule.read(value)
    except (ValueError, OSError, RuntimeError) as error:
        detail = f" ({error})" if str(error) else ""
        raise ComError(
            HRESULT.E_INVALIDARG,
            f"setting {name} ({variable_of(name)}): {value!r:.200} is not {rule.allowed}{detail}",
        ) from None


def _flag() -> Rule:
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}

    def read(value: object) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower() in words:
            return words[value.strip().lower()]
        raise ValueError

    return Rule(read, "True or False (as text: 1, true, yes, on or 0, false, no, off)")


def _whole_number(low: int, high: int) -> Rule:
    def read(value: object) -> int:
        number = int(value) if isinstance(value, str) else value
        if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
            raise ValueError
        return number

    return Rule(read, f"a whole number from {low} to {high}")


def _seconds(*, at_most: int, zero: bool = False) -> Rule:
    def read(value: object) -> float:
        number = float(value) if isinstance(value, str) else value
        if not isinstance(number, int | float) or isinstance(number, bool):
            raise ValueError
        if 0 < number <= at_most or (zero and number == 0):
            return float(number)
        raise ValueError  # NaN comes here too

    return Rule(read, f"a number of seconds {'from' if zero else 'above'} 0 to {at_most}")


_UNITS: Final = MappingProxyType(
    {
        "": 1,
        "b": 1,
        "kib": 2**10,
        "mib": 2**20,
        "gib": 2**30,
        "kb": 10**3,
        "mb": 10**6,
        "gb": 10**9,
    }
)


def _size(low: int, high: int) -> Rule:
    count = _whole_number(low, high)

    def read(value: object) -> object:
        if isinstance(value, str):
            parts = re.fullmatch(r"([0-9_]+)\s*([a-z]*)", value.strip().lower())
            if parts is None or parts[2] not in _UNITS:
                raise ValueError
            return count.read(int(parts[1]) * _UNITS[parts[2]])
        return count.read(value)

    return Rule(read, f"a number of bytes from {low} to {high}, or a text such as 64 MiB")


def _directory() -> Rule:
    def read(value: object) -> Path:
        if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
            raise ValueError
        # The servers that we launch, in other directories, must find the same place.
        return Path(value).expanduser().absolute()

    return Rule(read, "the path of a directory")


_TCP: Final = re.compile(r"tcp://(\*|\[[0-9A-Za-z:.%]+\]|[^\s:/\[\]*]+):([0-9]{1,5}|\*)")
_IPC: Final = re.compile(r"ipc://(/[^\0\n]*[^/\0\n])")


def _endpoint_list() -> Rule:
    def read(value: object) -> tuple[str, ...]:
        listed = value.replace(",", " ").split() if isinstance(value, str) else value
        if not isinstance(listed, list | tuple):
            raise ValueError
        endpoints: list[str] = []
        for endpoint in cast("list[object] | tuple[object, ...]", listed):
            if not isinstance(endpoint, str) or not is_endpoint(endpoint):
                raise ValueError(f"see {endpoint!r:.200}")
            endpoints.append(endpoint)
        return tuple(endpoints)

    return Rule(
        read,
        "endpoints, each tcp://HOST:PORT or ipc:///ABSOLUTE/PATH of at most "
        f"{MAX_SOCKET_PATH} bytes",
    )


def is_endpoint(endpoint: str) -> bool:
    """Whether a text names a place where a process can listen."""
    if tcp := _TCP.fullmatch(endpoint):
        return tcp[2] == "*" or int(tcp[2]) <= 65_535
    ipc = _IPC.fullmatch(endpoint)
    return ipc is not None and len(os.fsencode(ipc[1])) <= MAX_SOCKET_PATH


_YEAR_S: Final = 31_536_000

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "endpoints": _endpoint_list(),
        "insecure": _flag(),
        "ping_period_s": _seconds(at_most=_YEAR_S),
        # libzmq keeps the time to live, a multiple of this, as 16 bits of tenths of a second.
        "heartbeat_s": _seconds(at_most=1_000),
        "mta_threads": _whole_number(1, 65_535),
        "mta_threads_max": _whole_number(1, 65_535),
        "max_message_bytes": _size(256, 2**32),
        # The codecs recurse on C's stack.
        "max_value_depth": _whole_number(1, 512),
        "max_call_depth": _whole_number(1, 4_096),
        "max_elements": _whole_number(1, 2**31 - 1),
        "max_calls_per_peer": _whole_number(1, 2**24),
        "max_queue": _whole_number(1, 2**24),
        "max_references_per_peer": _whole_number(1, 2**31 - 1),
        "max_peers": _whole_number(1, 65_535),
        "handshake_s": _seconds(at_most=3_600),
        "activation_timeout_s": _seconds(at_most=_YEAR_S),
        "grace_s": _seconds(at_most=_YEAR_S, zero=True),
        "deadlock_check_s": _seconds(at_most=3_600, zero=True),
        "remote_traceback": _flag(),
        "debug": _flag(),
        "home": _directory(),
    }
)
