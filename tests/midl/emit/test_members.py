from __future__ import annotations

from tests.midl.compiling import IMPORT, Folder, interface


def test_a_setter_stands_behind_its_getter(folder: Folder) -> None:
    body = """[propput] HRESULT Name([in] BSTR name); HRESULT Other();
    [propget] HRESULT Name([out, retval] BSTR *name);"""
    text = folder.module_text(IMPORT + interface(body))
    first, other = text.index("@property"), text.index("def Other")
    assert other < first < text.index("@Name.setter")
    assert text.count("@Name.setter") == 2


def test_what_can_only_be_put_cannot_be_got(folder: Folder) -> None:
    text = folder.module_text(IMPORT + interface("[propput] HRESULT Name([in] BSTR name);"))
    assert 'raise AttributeError("this property can only be put")' in text
