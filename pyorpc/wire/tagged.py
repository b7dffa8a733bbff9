"""Unions: the tag says which arm there is. Pure."""

from __future__ import annotations

from typing import Protocol, TypeVar

from pyorpc.errors import HRESULT, ComError


class Tagged(Protocol):
    """What users see of a union."""

    @property
    def tag(self) -> object: ...


U = TypeVar("U", bound=Tagged)
T = TypeVar("T")


def switched(union: U, switch: object, name: str) -> U:
    """A union whose tag is what switch_is says. Raises RPC_S_INVALID_TAG."""
    tag = getattr(union, "tag", switch)  # what is no union at all is refused by its packer
    if tag != switch:
        raise _invalid_tag(f"{name}: its tag is {tag!r}, but its switch_is gives {switch!r}")
    return union


def no_arm(name: str, tag: object) -> ComError:
    """What a tag ends with that no arm of a union has."""
    return _invalid_tag(f"union {name} has no arm for the tag {tag!r}")


def held(value: T | None, name: str) -> T:
    """What an arm holds that is to be sent. Raises RPC_E_CLIENT_CANTMARSHAL_DATA for nothing."""
    if value is None:
        raise ComError(
            HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, f"{name}: the arm has no value", executed="no"
        )
    return value


def present(value: T | None, name: str) -> T:
    """What an arm that came holds. Raises RPC_X_BAD_STUB_DATA where it is another one."""
    if value is None:
        raise ComError(HRESULT.RPC_X_BAD_STUB_DATA, f"{name}: the arm that the tag says is empty")
    return value


def _invalid_tag(text: str) -> ComError:
    return ComError(HRESULT.RPC_S_INVALID_TAG, text, executed="no")
