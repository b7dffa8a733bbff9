from __future__ import annotations

from pathlib import Path

from pyorpc.midl.doc.links import Links
from tests.midl.doc.making import links, reference


def both(folder: Path) -> Links:
    other = """import "shop.idl";
[object, uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b05)]
interface IMall : IUnknown { HRESULT Open([in] IShop *shop); };
"""
    return links(
        ("shop.html", reference(folder)), ("mall.html", reference(folder, other, "mall.idl"))
    )


def test_a_name_leads_to_its_entry_on_this_page_or_another(tmp_path: Path) -> None:
    found = both(tmp_path)
    assert found.target("IShop", "shop.html") == "#IShop"
    assert found.target("IShop", "mall.html") == "shop.html#IShop"
    assert found.target("tagThing", "shop.html") == "#Thing"
    assert found.target("IUnknown", "shop.html") == ""


def test_only_names_are_linked_not_what_is_in_strings(tmp_path: Path) -> None:
    text = both(tmp_path).linked(
        'Thing *x, "Thing"', "shop.html", str.upper, lambda name, target: f"({name} {target})"
    )
    assert text == '(Thing #Thing) *X, "THING"'


def test_the_names_in_a_text_are_given_once(tmp_path: Path) -> None:
    assert both(tmp_path).names_in(["Heat Thing", "Heat long"], "shop.html") == {
        "Heat": "#Heat",
        "Thing": "#Thing",
    }
