"""Compiles IDL written in a test: the module it gives, or the refusals."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

from pyorpc.midl.compile import Compiler
from pyorpc.midl.model import World

UUID = "7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9b"
IMPORT = 'import "unknwn.idl";\n'


def interface(body: str, attributes: str = "", name: str = "IThing", number: int = 1) -> str:
    """Give an [object] interface."""
    head = f"[object, uuid({UUID}{number:02}){attributes}] interface {name} : IUnknown"
    return f"{head} {{\n{body}\n}}\n"


def method(parameters: str) -> str:
    """Give a file with one method `F`."""
    return IMPORT + interface(f"HRESULT F({parameters});")


class Folder:
    """IDL files in a folder of the test."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, text: str | bytes, name: str = "thing.idl") -> Path:
        path = self.path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def module_text(self, text: str) -> str:
        """Compile, and give the text of the module. Fails if the IDL is refused."""
        compiler = Compiler([])
        module = compiler.compile(self.write(text), self.path)
        assert module is not None, compiler.reporter.render()
        return module.text

    def module(self, text: str) -> Any:
        """Compile, and give the module itself."""
        module = types.ModuleType("thing_idl")
        exec(compile(self.module_text(text), "thing_idl.py", "exec"), module.__dict__)
        return module

    def world(self, text: str) -> World:
        """Give the model. Fails if the IDL is refused."""
        compiler = Compiler([])
        world = compiler.check(self.write(text))
        assert world is not None, compiler.reporter.render()
        return world

    def refusals(self, text: str | bytes) -> list[str]:
        """Give `line:column code` of each refusal."""
        compiler = Compiler([])
        compiler.check(self.write(text))
        return [
            f"{one.place.line}:{one.place.column} {one.mistake.code}"
            for one in compiler.reporter.diagnostics()
        ]

    def texts(self, text: str) -> list[str]:
        """Give the texts of the refusals."""
        compiler = Compiler([])
        compiler.check(self.write(text))
        return [one.text for one in compiler.reporter.diagnostics()]
