"""Analyses IDL that is written in a test; `^` marks a place in it."""

from __future__ import annotations

from pathlib import Path

from pyorpc.midl.language.analysis import Analysis, Settings, analyse

UUID = "7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b0"


def analysed(folder: Path, text: str, before: Analysis | None = None) -> tuple[Analysis, int]:
    """Give the analysis, and the offset of the mark."""
    offset = text.find("^")
    path = folder / "thing.idl"
    texts = {path: text.replace("^", "")}
    return analyse(path, texts, Settings(), before), offset


def interface(body: str) -> str:
    return (
        f'import "unknwn.idl";\n[object, uuid({UUID}1)]\ninterface IA : IUnknown {{\n{body}\n}};\n'
    )
