from __future__ import annotations

from pyorpc.midl.compile import Compiler
from pyorpc.midl.emit.module import Module
from pyorpc.midl.source import SourceFile
from tests.midl.compiling import IMPORT, Folder, interface


def module_of(folder: Folder, text: str) -> Module:
    world = Compiler([]).check(folder.write(text))
    assert world is not None
    home: SourceFile = world.interfaces["IThing"].home
    return Module(world, home, "")


def test_only_the_interfaces_of_the_file_are_its_own(folder: Folder) -> None:
    module = module_of(folder, IMPORT + interface(""))
    assert [one.name for one in module.own_interfaces()] == ["IThing"]


def test_remote_methods_are_those_of_the_bases_too_but_no_local_ones(folder: Folder) -> None:
    derived = interface("[local] HRESULT G(); HRESULT H();", name="IMore", number=2)
    text = IMPORT + interface("HRESULT F();") + derived.replace(": IUnknown", ": IThing")
    module = module_of(folder, text)
    found = module.remote_methods(module.world.interfaces["IMore"])
    assert [(home.name, method.name, method.slot) for home, method in found] == [
        ("IThing", "F", 3),
        ("IMore", "H", 5),
    ]


def test_a_proxy_derives_from_the_proxy_of_its_base(folder: Folder) -> None:
    derived = interface("", name="IMore", number=2).replace(": IUnknown", ": IThing")
    module = module_of(folder, IMPORT + interface("") + derived)
    interfaces = module.world.interfaces
    assert module.base_class(interfaces["IMore"], "Proxy") == "IThingProxy"
    assert module.base_class(interfaces["IThing"], "Proxy") == "InterfaceProxy"
