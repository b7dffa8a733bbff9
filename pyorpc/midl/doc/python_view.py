"""What users see of a generated module: read from its text, so that it is as generated."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

# Names of a class that say how it works, not what it is for.
INNER = ("IID",)


@dataclass(frozen=True, slots=True)
class PythonClass:
    """A class: its first line, and the line of each member by its name."""

    head: str
    members: dict[str, list[str]]

    def lines_of(self, name: str) -> list[str]:
        """Give what is declared under an IDL name; a Python word got a `_`."""
        return self.members.get(name) or self.members.get(f"{name}_") or []


@dataclass(frozen=True, slots=True)
class PythonView:
    """The classes and constants of a module."""

    classes: dict[str, PythonClass] = field(default_factory=dict[str, PythonClass])
    constants: dict[str, str] = field(default_factory=dict[str, str])


def python_view(module_text: str) -> PythonView:
    """Read a generated module."""
    view = PythonView()
    for node in ast.parse(module_text).body:
        if isinstance(node, ast.ClassDef):
            view.classes[node.name] = _class(node)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if not node.target.id.startswith("_"):
                view.constants[node.target.id] = ast.unparse(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            view.constants[node.targets[0].id] = ast.unparse(node)
    return view


def _class(node: ast.ClassDef) -> PythonClass:
    members: dict[str, list[str]] = {}
    for one in node.body:
        name, line = _member(one)
        if line and name not in INNER:
            members.setdefault(name, []).append(line)
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    return PythonClass(f"class {node.name}({bases})", members)


def _member(node: ast.stmt) -> tuple[str, str]:
    """Give the name and the text of a member; no text for what is none."""
    match node:
        case ast.FunctionDef():
            return node.name, _signature(node)
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name, ast.unparse(node)
        case _:
            return "", ""


def _signature(node: ast.FunctionDef) -> str:
    decorators = [f"@{ast.unparse(one)}\n" for one in node.decorator_list]
    result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{''.join(decorators)}def {node.name}({ast.unparse(node.args)}){result}"
