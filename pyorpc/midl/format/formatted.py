"""The formatter as one call: the text of a file in, its layout out."""

from __future__ import annotations

from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.format.items import items_of
from pyorpc.midl.format.layout import laid_out
from pyorpc.midl.format.lexemes import lexemes_of
from pyorpc.midl.source import SourceFile


def formatted(source: SourceFile, reporter: Reporter) -> str | None:
    """Give the text of a file in its layout; None, and reports, if it has lexical mistakes.

    Whatever happens, the lexemes are the same as before: a layout that changes them raises.
    """
    line_end = "\r\n" if "\r\n" in source.text else "\n"
    plain = SourceFile(source.path, source.shown_path, source.text.replace("\r\n", "\n"))
    before = lexemes_of(plain, reporter)
    if reporter.has_errors:
        return None
    text = laid_out(items_of(before))
    after = lexemes_of(SourceFile(source.path, source.shown_path, text), Reporter())
    if [one.essence for one in before] != [one.essence for one in after]:
        raise AssertionError(f"the layout of {source.shown_path} would change its meaning")
    return text.replace("\n", line_end)
