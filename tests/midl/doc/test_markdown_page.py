from __future__ import annotations

import re
from pathlib import Path

from pyorpc.midl.doc.markdown_page import markdown_page
from tests.midl.doc.making import links, reference


def page(folder: Path) -> str:
    found = reference(folder)
    return markdown_page(found, "shop.md", links(("shop.md", found)))


def test_an_entry_has_its_idl_and_its_python(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert "\n## Structs and unions\n\n" + '<a id="Thing"></a>\n\n### Thing\n' in text
    assert (
        "```idl\nHRESULT Sell([in] Thing *thing, [in, defaultvalue(7)] long price,"
        " [out, retval] Heat *heat);\n```\n\n"
        "```python\ndef Sell(self, thing: Thing, price: int=7) -> Heat\n```\n" in text
    )
    assert "```python\nclass Thing(Struct):\n    class_: str\n    heat: Heat\n```" in text


def test_links_lead_to_the_anchors_of_the_page(tmp_path: Path) -> None:
    text = page(tmp_path)
    targets = re.findall(r"\]\(#(\w+)\)", text)
    assert "Thing" in targets
    assert set(targets) <= set(re.findall(r'<a id="(\w+)">', text))


def test_text_means_itself_but_for_backticks(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert "A shop & its \\<things\\>." in text
    assert "A \\*thing\\*." in text
    assert "How warm `it` is." in text
    assert "- `HOT`: Not \\| cold." in text


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    assert page(tmp_path) == page(tmp_path)
    assert page(tmp_path).endswith("```\n")
