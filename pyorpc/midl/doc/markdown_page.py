"""A reference as one page of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pyorpc.midl.doc.links import Links
from pyorpc.midl.doc.reference import Entry, Part, Reference

SPECIAL = re.compile(r"([\\*_<>\[\]#|])")
CODE = re.compile(r"(`[^`\n]+`)")


def markdown_page(reference: Reference, page: str, links: Links) -> str:
    """Give the text of the page. `page` is the name of its file."""
    return "\n".join(_MarkdownPage(reference, page, links).lines()).rstrip("\n") + "\n"


class _MarkdownPage:
    def __init__(self, reference: Reference, page: str, links: Links) -> None:
        self._reference = reference
        self._page = page
        self._links = links

    def lines(self) -> Iterator[str]:
        yield from (f"# {_plain(self._reference.file_name)}", "")
        if self._reference.intro:
            yield from (_plain(self._reference.intro), "")
        if self._reference.imports:
            names = ", ".join(f"`{name}`" for name in self._reference.imports)
            yield from (f"Imports {names}.", "")
        for section in self._reference.sections:
            yield from (f"## {section.title}", "")
            for entry in section.entries:
                yield from self._entry(entry)

    def _entry(self, entry: Entry) -> Iterator[str]:
        yield f'<a id="{entry.title}"></a>'
        yield from ("", f"### {_plain(entry.title)}", "")
        if entry.doc:
            yield from (_plain(entry.doc), "")
        for label, value in entry.facts:
            yield f"- {label}: {self._fact(value)}"
        if entry.facts:
            yield ""
        yield from _block("idl", [entry.idl])
        if entry.has_methods:
            yield from _block("python", entry.python)
            for part in entry.parts:
                yield from self._part(part)
        else:
            fields = [f"    {line}" for part in entry.parts for line in part.python]
            yield from _block("python", [*entry.python, *fields])
            notes = [part for part in entry.parts if part.doc]
            yield from (f"- `{part.name}`: {_one_line(part.doc)}" for part in notes)
            if notes:
                yield ""
        yield from self._uses(entry)

    def _fact(self, value: str) -> str:
        target = self._links.target(value, self._page)
        return f"[`{value}`]({target})" if target else f"`{value}`"

    def _part(self, part: Part) -> Iterator[str]:
        yield from (f"#### {_plain(part.name)}", "")
        if part.doc:
            yield from (_plain(part.doc), "")
        yield from _block("idl", [part.idl])
        yield from _block("python", part.python)

    def _uses(self, entry: Entry) -> Iterator[str]:
        """Give links to the types that stand in the blocks, where there can be none."""
        names = self._links.names_in([entry.idl, *(part.idl for part in entry.parts)], self._page)
        shown = [
            f"[{_plain(name)}]({target})"
            for name, target in names.items()
            if target != f"#{entry.title}"
        ]
        if shown:
            yield from (f"See {', '.join(shown)}.", "")


def _block(language: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from (f"```{language}", *lines, "```", "")


def _one_line(text: str) -> str:
    return " ".join(_plain(text).split())


def _plain(text: str) -> str:
    """Give a text that means itself, but for what is in backticks."""
    parts = CODE.split(text)
    return "".join(
        part if number % 2 else SPECIAL.sub(r"\\\1", part) for number, part in enumerate(parts)
    )
