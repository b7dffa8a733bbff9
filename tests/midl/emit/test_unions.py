from __future__ import annotations

from tests.midl.compiling import IMPORT, Folder, interface

UNION = "union U switch (long t) u { case 1: case 2: long tag; case 3: BSTR value; default: ; };"


def module_text(folder: Folder) -> str:
    return folder.module_text(IMPORT + UNION + interface("HRESULT F([in] union U u);"))


def test_a_union_is_a_tag_and_a_value(folder: Folder) -> None:
    text = module_text(folder)
    assert "    tag: Long\n    value: Long | str | None\n" in text
    assert '    """1, 2: tag.\n    3: value.\n    any other: nothing.\n    """\n' in text


def test_an_arm_may_be_called_as_the_class_calls_its_own(folder: Folder) -> None:
    text = module_text(folder)
    assert "    tag: Long\n    tag_: Long | None = None\n    value_: str | None = None\n" in text
    assert 'return _UWire(tag, tag_=held(content, "U.tag"))' in text
    assert 'tag__sent = present(wire.tag_, "U.tag")' in text


def test_without_a_default_another_tag_is_refused(folder: Folder) -> None:
    assert "no_arm" not in module_text(folder)
    plain = UNION.replace("default: ;", "")
    text = folder.module_text(IMPORT + plain + interface("HRESULT F([in] union U u);"))
    assert text.count('raise no_arm("U", ') == 2


def test_a_union_of_c_gives_no_class(folder: Folder) -> None:
    text = folder.module_text("typedef union { long a; float b; } Plain;")
    assert "class" not in text
