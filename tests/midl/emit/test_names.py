from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.generated_support import InterfaceAwaitable, InterfaceProxy
from pyorpc.midl.emit.names import (
    Imports,
    class_name,
    enum_member_name,
    field_name,
    hidden_name,
    method_name,
    module_name,
    package_of,
    parameter_name,
    stub_method_name,
)
from pyorpc.midl.source import SourceFile
from pyorpc.remoting import awaitable, proxy


@pytest.mark.parametrize("name", ["class", "None", "str", "Struct", "sized"])
def test_a_taken_name_gets_an_underscore(name: str) -> None:
    assert parameter_name(name) == class_name(name) == field_name(name) == f"{name}_"


def test_other_names_stay_as_they_are() -> None:
    assert parameter_name("pUnkOuter") == "pUnkOuter"
    assert class_name("IFoo") == "IFoo"


def test_names_of_the_first_argument_belong_to_methods_only() -> None:
    assert parameter_name("self") == "self_"
    assert field_name("self") == "self"


def test_what_proxies_and_stubs_have_is_not_hidden_by_a_method() -> None:
    assert method_name("channel") == "channel_"
    assert method_name("pass") == "pass_"
    assert stub_method_name("target") == "_target_"
    assert stub_method_name("Post") == "_Post"


def test_what_an_enum_class_has_is_not_hidden_by_a_member() -> None:
    assert [enum_member_name(one) for one in ("mro", "name", "_x_", "RED")] == [
        "mro_",
        "name_",
        "_x__",
        "RED",
    ]


def test_imports_are_ordered_as_isort_orders_them() -> None:
    imports = Imports(SourceFile(Path("/a.idl"), "a.idl", ""), "")
    for name in ("iid", "Long", "IUnknown", "HRESULT", "Iid", "check_format"):
        imports.support(name)
    imports.use("typing", "ClassVar")
    assert imports.lines() == [
        "from __future__ import annotations",
        "",
        "from typing import ClassVar",
        "",
        "from pyorpc.generated_support import HRESULT, Iid, IUnknown, Long, check_format, iid",
        "",
    ]


def test_numbers_in_names_are_ordered_by_value() -> None:
    imports = Imports(SourceFile(Path("/a.idl"), "a.idl", ""), "")
    for name in ("IFoo10", "IFoo9"):
        imports.use("b_idl", name)
    assert "from b_idl import IFoo9, IFoo10" in imports.lines()


def test_a_module_is_named_after_its_file() -> None:
    assert module_name(SourceFile(Path("/x/my-types.idl"), "my-types.idl", "")) == "my_types_idl"


def test_a_package_is_found_by_its_init_files(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent):
        (folder / "__init__.py").touch()
    assert package_of(inner) == "a.b"
    assert package_of(tmp_path) == ""


GLOBALS = {*vars(proxy), *vars(awaitable)}


def test_no_method_takes_a_name_that_proxies_have_for_themselves() -> None:
    own = {*dir(InterfaceProxy), *dir(InterfaceAwaitable)}
    for code in (InterfaceProxy.__init__.__code__, vars(InterfaceAwaitable)["__init__"].__code__):
        own.update(one for one in code.co_names if one.startswith("_") and one not in GLOBALS)
    own -= {"IID", "QueryInterface"}  # of IUnknown: refused
    for name in (one for one in own if not one.startswith(("__", "_pyorpc", "_is_"))):
        assert method_name(name) == f"{name}_", name


@pytest.mark.parametrize(
    ("written", "python"), [("__x", "_x"), ("___x", "_x"), ("_x", "_x"), ("__init", "_init")]
)
def test_no_name_is_one_that_python_mangles(written: str, python: str) -> None:
    for give in (class_name, method_name, parameter_name, field_name, enum_member_name):
        assert give(written) == python


def test_names_of_the_modules_own_are_not_mangled_either() -> None:
    assert hidden_name("IFoo_Bar") == "_IFoo_Bar"
    assert hidden_name("_Foo_Bar") == "_own_Foo_Bar"
    assert stub_method_name("_NewEnum") == "_own_NewEnum"
