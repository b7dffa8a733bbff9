"""A reference as one HTML page that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from pyorpc.midl.doc.links import Links
from pyorpc.midl.doc.reference import Entry, Part, Reference

STYLE = """\
:root { color-scheme: light dark; --line: #8885; --soft: #8881; --link: #0b62c4; }
@media (prefers-color-scheme: dark) { :root { --link: #7ab7ff; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
main, nav { padding: 1.5rem; }
main { max-width: 60rem; }
nav { border-bottom: 1px solid var(--line); font-size: 0.9rem; }
nav ul { list-style: none; margin: 0 0 0.75rem; padding: 0; }
nav a { overflow-wrap: anywhere; }
@media (min-width: 60rem) {
  body { display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
  nav { border-bottom: 0; border-right: 1px solid var(--line); height: 100vh; overflow: auto;
    position: sticky; top: 0; }
}
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
h1, h2, h3 { line-height: 1.2; }
h2 { border-bottom: 1px solid var(--line); margin-top: 2.5rem; padding-bottom: 0.3rem; }
h3 { margin: 2rem 0 0.5rem; }
h3 small, nav small { font-weight: normal; opacity: 0.7; }
code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
pre { background: var(--soft); border-radius: 4px; margin: 0.5rem 0; overflow-x: auto;
  padding: 0.6rem 0.8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.python { background: none; border-left: 3px solid var(--line); border-radius: 0; }
dl { display: grid; gap: 0 1rem; grid-template-columns: max-content 1fr; margin: 0.5rem 0; }
dt { opacity: 0.7; }
dd { margin: 0; overflow-wrap: anywhere; }
section.part { border-left: 1px solid var(--line); margin: 1rem 0 1rem 0.5rem; padding-left: 1rem; }
section.part h4 { margin: 0; }
"""
CODE = re.compile(r"`([^`\n]+)`")


def html_page(reference: Reference, page: str, links: Links) -> str:
    """Give the text of the page. `page` is the name of its file."""
    return "\n".join(_HtmlPage(reference, page, links).lines()) + "\n"


class _HtmlPage:
    def __init__(self, reference: Reference, page: str, links: Links) -> None:
        self._reference = reference
        self._page = page
        self._links = links
        self._ids: set[str] = set()

    def lines(self) -> Iterator[str]:
        title = escape(self._reference.file_name)
        yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield f"<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>"
        yield "<nav>"
        yield from self._contents()
        yield f"</nav>\n<main>\n<h1>{title}</h1>"
        yield from _paragraphs(self._reference.intro)
        if self._reference.imports:
            names = ", ".join(f"<code>{escape(name)}</code>" for name in self._reference.imports)
            yield f"<p>Imports {names}.</p>"
        for section in self._reference.sections:
            yield f"<h2>{section.title}</h2>"
            for entry in section.entries:
                yield from self._entry(entry)
        yield "</main>\n</body>\n</html>"

    def _contents(self) -> Iterator[str]:
        for section in self._reference.sections:
            yield f"<strong>{section.title}</strong>\n<ul>"
            for entry in section.entries:
                title = escape(entry.title)
                yield f'<li><a href="#{title}">{title}</a></li>'
            yield "</ul>"

    def _entry(self, entry: Entry) -> Iterator[str]:
        title = escape(entry.title)
        yield f'<h3 id="{self._id(entry.title)}">{title} <small>{entry.kind.value}</small></h3>'
        yield from _paragraphs(entry.doc)
        if entry.facts:
            yield "<dl>"
            for label, value in entry.facts:
                yield f"<dt>{escape(label)}</dt><dd><code>{self._linked(value)}</code></dd>"
            yield "</dl>"
        yield self._code(entry.idl, "idl")
        # The fields of a struct stand below each other, the methods of an interface apart.
        if entry.has_methods:
            yield from self._python(entry.python)
            for part in entry.parts:
                yield from self._part(entry, part)
        else:
            fields = [f"    {line}" for part in entry.parts for line in part.python]
            yield from self._python([*entry.python, *fields])
            yield from self._notes(entry)

    def _part(self, entry: Entry, part: Part) -> Iterator[str]:
        name = escape(part.name)
        yield f'<section class="part" id="{self._id(f"{entry.title}.{part.name}")}">'
        yield f"<h4>{name}</h4>"
        yield self._code(part.idl, "idl")
        yield from self._python(part.python)
        yield from _paragraphs(part.doc)
        yield "</section>"

    def _id(self, name: str) -> str:
        """Give an id that no other part of the page has: a property is two methods of one name."""
        number = 1
        found = name
        while found in self._ids:
            number += 1
            found = f"{name}-{number}"
        self._ids.add(found)
        return escape(found)

    def _notes(self, entry: Entry) -> Iterator[str]:
        documented = [part for part in entry.parts if part.doc]
        if documented:
            yield "<dl>"
            for part in documented:
                yield f"<dt><code>{escape(part.name)}</code></dt><dd>{_inline(part.doc)}</dd>"
            yield "</dl>"

    def _python(self, lines: list[str] | tuple[str, ...]) -> Iterator[str]:
        if lines:
            yield self._code("\n".join(lines), "python")

    def _code(self, text: str, language: str) -> str:
        return f'<pre class="{language}"><code>{self._linked(text)}</code></pre>'

    def _linked(self, text: str) -> str:
        def link(name: str, target: str) -> str:
            return f'<a href="{escape(target)}">{escape(name)}</a>'

        return self._links.linked(text, self._page, escape, link)


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        if paragraph:
            yield f"<p>{_inline(paragraph)}</p>"


def _inline(text: str) -> str:
    return CODE.sub(r"<code>\1</code>", escape(text))
