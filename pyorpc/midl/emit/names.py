"""The Python names of IDL names, and the imports that a module turns out to need."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pyorpc.midl.words import words

if TYPE_CHECKING:
    from collections.abc import Collection

    from pyorpc.midl import model
    from pyorpc.midl.source import SourceFile

SUPPORT = "pyorpc.generated_support"
STANDARD_PACKAGE = "pyorpc.interfaces"
SUPPORT_NAMES = words(
    "Argument AsyncStub BegunPipes Byte CalleePipes CallerPipes CallObject Channel Char DISPATCH"
    " DISPATCH_METHODS DispatchTable Float FullPointers Guid HRESULT Hyper IDispatch"
    " IDispatchProxy Iid InterfaceAwaitable InterfaceProxy InterfaceStub IUnknown Long Member Meta"
    " Method ObjRef OMITTED OpenIntEnum OpenIntFlag Pipe PipeType SafeArray SafeArrayWire Short"
    " Small Struct UHyper ULong UShort VariantWire VT as_it_is check_format held iid iid_of"
    " interface_for no_arm no_struct pack_safe_array pack_safe_records pack_variant present sized"
    " sized_bytes switched to_currency to_decimal too_deep unpack_safe_array unpack_safe_bytes"
    " unpack_safe_records unpack_variant"
)
TYPING_NAMES = words("Annotated Any ClassVar Decimal Final Sequence TypeVar annotations datetime")
BUILTINS = words("bool bytes float int list str tuple type None NotImplementedError")
# Interfaces whose classes the runtime has itself.
RUNTIME_INTERFACES = ("IUnknown", "IDispatch")
# What proxies and stubs have of their own, beside the methods of the IDL.
PROXY_NAMES = words(
    "_borrowers _call _channel _failed _iface _interface _key _manager _marshaler _pointer _send"
    " _uses channel give_up handed_out learn lend manager marshaler"
)
STUB_NAMES = frozenset({"_target", "_channel", "_result"})


def plain_name(name: str) -> str:
    """Give a name without the second `_` in front, for which Python mangles it in classes."""
    return f"_{name.lstrip('_')}" if name.startswith("__") else name


def hidden_name(name: str) -> str:
    """Give `_name`, for what a module or a class has for itself."""
    return f"_own{name}" if name.startswith("_") else f"_{name}"


def class_name(name: str) -> str:
    """Give the Python name of an IDL type or constant; `_` is added to a name that is taken."""
    name = plain_name(name)
    if keyword.iskeyword(name) or name in SUPPORT_NAMES | TYPING_NAMES | BUILTINS:
        return f"{name}_"
    return name


def method_name(name: str) -> str:
    """Give the Python name of a method: one that annotations need gets a `_`."""
    name, taken = plain_name(name), BUILTINS | PROXY_NAMES | TYPING_NAMES
    return f"{name}_" if keyword.iskeyword(name) or name in taken else name


def stub_method_name(name: str) -> str:
    """Give the name of the stub's function for a method."""
    hidden = hidden_name(name)
    return f"{hidden}_" if hidden in STUB_NAMES else hidden


def parameter_name(name: str) -> str:
    """Give the Python name of a parameter: keywords and names that the body needs get a `_`."""
    name, taken = plain_name(name), SUPPORT_NAMES | TYPING_NAMES | BUILTINS | {"self", "args"}
    return f"{name}_" if keyword.iskeyword(name) or name in taken else name


def field_name(name: str) -> str:
    """Give the Python name of a struct's field."""
    name, taken = plain_name(name), SUPPORT_NAMES | TYPING_NAMES | BUILTINS
    return f"{name}_" if keyword.iskeyword(name) or name in taken else name


def enum_member_name(name: str) -> str:
    """Give the Python name of an enum's member."""
    name = plain_name(name)
    is_special = name in ("mro", "name", "value") or re.fullmatch(r"_.*_", name) is not None
    return f"{name}_" if keyword.iskeyword(name) or is_special else name


class Imports:
    """Collects what a module imports while its body is printed."""

    def __init__(self, home: SourceFile, package: str, later: Collection[SourceFile] = ()) -> None:
        self._home = home
        self._package = package
        self._later = later
        self._modules: dict[str, set[str]] = {}
        self._late_modules: dict[str, set[str]] = {}
        # Those that other IDL files declare.
        self.declared_names: set[str] = set()
        # What the members of the class that is being written hide, and the names to get at it.
        self.hidden: frozenset[str] = frozenset()
        self.aliases: dict[str, str] = {}

    def support(self, name: str) -> str:
        """Give a name of the support module."""
        return self.use(SUPPORT, name)

    def use(self, module: str, name: str) -> str:
        """Give a name of any module."""
        self._modules.setdefault(module, set()).add(name)
        return self._seen(name)

    def declared(
        self, declaration: model.Struct | model.Union | model.Enum | model.Interface
    ) -> str:
        """Give the class of a declaration, of this module or another one."""
        if declaration.name in RUNTIME_INTERFACES:
            return self.support(declaration.name)
        return self.derived(declaration, class_name(declaration.name))

    def derived(
        self, declaration: model.Struct | model.Union | model.Enum | model.Interface, name: str
    ) -> str:
        """Give a class that is generated for a declaration, of this module or another one."""
        if declaration.home is not self._home:
            self.declared_names.add(name)
            is_late = declaration.home in self._later
            if is_late:
                self.late(declaration.home, name)
            else:
                self.use(self.module_of(declaration.home), name)
        return self._seen(name)

    def _seen(self, name: str) -> str:
        """Give a name as the class that is being written sees it."""
        if name not in self.hidden:
            return name
        alias = hidden_name(f"{name}Class")
        self.aliases[alias] = name
        return alias

    def late(self, home: SourceFile, name: str) -> str:
        """Give a name of a module that is only there when this one has been run."""
        self._late_modules.setdefault(self.module_of(home), set()).add(name)
        return name

    def late_names(self) -> set[str]:
        """Give the names that are imported when the module has been run."""
        return {name for names in self._late_modules.values() for name in names}

    def module_of(self, source: SourceFile) -> str:
        """Give the dotted name of the module that is made from an IDL file."""
        package = STANDARD_PACKAGE if source.is_standard else self._package
        return f"{package}.{module_name(source)}" if package else module_name(source)

    def lines(self) -> list[str]:
        """Give the import statements as isort orders them."""
        standard = {"collections.abc", "datetime", "decimal", "typing"}
        # Modules beside this one are of no package that a linter knows as the project's.
        groups: list[list[str]] = [["from __future__ import annotations"], [], [], []]
        for module in sorted(self._modules, key=_module_key):
            at = 1 if module in standard else 3 if "." in module else 2
            groups[at].extend(_import(module, self._modules[module]))
        return [line for group in groups if group for line in [*group, ""]]

    def late_lines(self) -> list[str]:
        """Give the import statements for the end of the module."""
        modules = sorted(self._late_modules, key=_module_key)
        return [line for module in modules for line in _import(module, self._late_modules[module])]


def module_name(source: SourceFile) -> str:
    """Give the name of the module that is made from an IDL file."""
    return re.sub(r"\W", "_", Path(source.name).stem) + "_idl"


def module_file(path: Path) -> str:
    """Give the name of the file that is made from an IDL file."""
    return re.sub(r"\W", "_", path.stem) + "_idl.py"


def package_of(directory: Path) -> str:
    """Give the dotted name of a folder that is a package; empty if it is none."""
    parts: list[str] = []
    directory = directory.resolve()
    while (directory / "__init__.py").is_file():
        parts.insert(0, directory.name)
        directory = directory.parent
    return ".".join(parts)


def _import(module: str, names: set[str]) -> list[str]:
    ordered = sorted(names, key=_member_key)
    whole = f"from {module} import {', '.join(ordered)}"
    if len(whole) <= 100:
        return [whole]
    return [f"from {module} import (", *(f"    {name}," for name in ordered), ")"]


def _member_key(name: str) -> tuple[int, list[tuple[int, int, str]], str]:
    """Order as isort does: constants, classes, the rest; numbers in names by value."""
    is_constant = name.isupper() and len(name) > 1
    rank = 0 if is_constant else 1 if name[:1].isupper() else 2
    return rank, _natural(name.lower()), name


def _module_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    return _natural(name.lower()), name


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Split a text so that `a10` comes after `a9`."""
    return [
        (0, int(part), "") if part.isdigit() else (1, 0, part)
        for part in re.findall(r"\d+|\D+", text)
    ]
