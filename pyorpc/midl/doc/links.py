"""Where the names of a reference lead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from pyorpc.midl.doc.reference import Reference

WORD = re.compile(r'"(?:[^"\\\n]|\\.)*"|[A-Za-z_][A-Za-z0-9_]*')


class Links:
    """The entries of all files that are documented together."""

    def __init__(self, references: Iterable[tuple[str, Reference]]) -> None:
        self._places: dict[str, tuple[str, str]] = {}
        for page, reference in references:
            for entry in reference.entries():
                for name in entry.names:
                    self._places.setdefault(name, (page, entry.title))

    def target(self, name: str, page: str) -> str:
        """Give the address of a name, as seen from a page; nothing if it is unknown."""
        if name not in self._places:
            return ""
        home, title = self._places[name]
        return f"#{title}" if home == page else f"{home}#{title}"

    def linked(
        self, text: str, page: str, plain: Callable[[str], str], link: Callable[[str, str], str]
    ) -> str:
        """Give a text in which each known name is made a link and the rest is made plain."""
        parts: list[str] = []
        end = 0
        for match in WORD.finditer(text):
            target = self.target(match.group(), page)
            if target:
                parts.append(plain(text[end : match.start()]))
                parts.append(link(match.group(), target))
                end = match.end()
        return "".join([*parts, plain(text[end:])])

    def names_in(self, texts: Iterable[str], page: str) -> dict[str, str]:
        """Give the known names in some texts, and where each leads."""
        found = {match.group() for text in texts for match in WORD.finditer(text)}
        targets = {name: self.target(name, page) for name in sorted(found)}
        return {name: target for name, target in targets.items() if target}
