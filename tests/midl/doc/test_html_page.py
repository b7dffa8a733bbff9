from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from pyorpc.midl.doc.html_page import html_page
from pyorpc.midl.doc.python_view import PythonView
from pyorpc.midl.doc.reference import reference_of
from pyorpc.midl.outline.symbol import symbols_of
from tests.midl.doc.making import SHOP, links, reference
from tests.midl.format.reading import source
from tests.midl.outline.reading import declarations

VOID = {"meta"}


class Page(HTMLParser):
    """Checks that tags close in order; keeps ids, links and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.opened == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.opened.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                self.links.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(folder: Path) -> str:
    found = reference(folder)
    return html_page(found, "shop.html", links(("shop.html", found)))


def test_the_page_is_well_formed_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    found = Page(page(tmp_path))
    assert len(found.ids) == len(set(found.ids))
    assert {link.removeprefix("#") for link in found.links} <= set(found.ids)
    assert {"IShop", "IShop.Sell", "Thing", "Heat", "MOST"} <= set(found.ids)


def test_all_text_of_the_file_is_escaped(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert "A shop &amp; its &lt;things&gt;." in text
    assert "Its &lt;name&gt;." in text
    assert "<things>" not in text
    assert "Closed & done." in Page(text).text


def test_types_are_linked_in_idl_and_in_python(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert 'HRESULT Sell([in] <a href="#Thing">Thing</a> *thing' in text
    assert 'def Sell(self, thing: <a href="#Thing">Thing</a>, price: int=7) -&gt; ' in text


def test_it_needs_nothing_else_and_is_the_same_each_time(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert "http" not in text
    assert "<script" not in text
    assert str(tmp_path) not in text
    assert page(tmp_path) == text


def test_words_in_backticks_are_code(tmp_path: Path) -> None:
    assert "<p>How warm <code>it</code> is.</p>" in page(tmp_path)


def test_methods_of_one_name_have_ids_of_their_own(tmp_path: Path) -> None:
    text = SHOP.replace("HRESULT None();", "HRESULT None();\n[local] HRESULT Sell();")
    symbols = symbols_of(declarations(text))
    found = reference_of(source(text), (), symbols, PythonView())
    ids = Page(html_page(found, "shop.html", links(("shop.html", found)))).ids
    assert {"IShop.Sell", "IShop.Sell-2"} <= set(ids)
