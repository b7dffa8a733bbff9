"""Compares two versions of IDL that are written in a test."""

from __future__ import annotations

from pyorpc.midl.breaking.compare import Finding, Version, compare
from pyorpc.midl.breaking.names import Names
from pyorpc.midl.breaking.published import Thing, published
from tests.midl.outline.reading import declarations


def version(text: str) -> Version:
    found = declarations(text)
    names = Names(found)
    return Version(published(found, names), names)


def things(text: str) -> list[Thing]:
    return list(version(text).things)


def findings(old: str, new: str) -> list[Finding]:
    return compare(version(old), version(new))


def interface(body: str, attributes: str = "", head: str = "interface IA : IUnknown") -> str:
    uuid = "" if "[uuid" in attributes else "uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b01)"
    given = attributes.strip("[]") or uuid
    return f"[object, {given}] {head} {{ {body} }};"
