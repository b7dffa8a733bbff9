"""What a name means, as Markdown: its declaration, its documentation, what it is in Python."""

from __future__ import annotations

from collections.abc import Iterator

from pyorpc.midl.language.analysis import Analysis
from pyorpc.midl.language.words_at import import_at, is_in_attributes, word_at
from pyorpc.midl.outline.symbol import Kind, Symbol, all_symbols
from pyorpc.midl.resolve.attribute_table import LETTERS, RULES, TARGET_NAMES
from pyorpc.midl.resolve.declared import Base
from pyorpc.midl.resolve.standard_types import standard_type

PYTHON = {
    "boolean": "bool",
    "BOOL": "bool",
    "float": "float",
    "double": "float",
    "char": "str",
    "string": "str",
    "GUID": "Guid",
    "HRESULT": "HRESULT",
    "DATE": "datetime",
    "CY": "Decimal",
    "DECIMAL": "Decimal",
}
MOST_TARGETS = 4


def hover(analysis: Analysis, offset: int) -> str:
    """Give what is known of the name at an offset; nothing if there is none."""
    text = analysis.source.text
    name = import_at(text, offset)
    if name:
        return f"`{analysis.imports[name]}`" if name in analysis.imports else ""
    word = word_at(text, offset)
    if is_in_attributes(text, offset) and word in RULES:
        return _attribute(word)
    symbol = symbol_at(analysis, offset)
    if symbol is not None:
        return "\n\n".join(_declared(analysis, symbol))
    return _standard(word)


def symbol_at(analysis: Analysis, offset: int) -> Symbol | None:
    """Give what the name at an offset is: declared right here, or known by that name."""
    word = word_at(analysis.source.text, offset)
    here = (
        symbol
        for symbol in all_symbols(analysis.symbols)
        if symbol.name == word
        and symbol.place.source.path == analysis.source.path
        and 0 <= offset - symbol.place.offset <= len(word)
    )
    return next(here, None) or analysis.known.get(word)


def _declared(analysis: Analysis, symbol: Symbol) -> Iterator[str]:
    yield f"```idl\n{symbol.text}\n```"
    python = _python(analysis, symbol)
    if python:
        yield f"```python\n{python}\n```"
    if symbol.doc:
        yield symbol.doc
    if symbol.place.source.path != analysis.source.path:
        yield f"`{symbol.place.source.name}`, line {symbol.place.line}"


def _python(analysis: Analysis, symbol: Symbol) -> str:
    """Give the line of the generated module; nothing if the file never compiled."""
    classes = analysis.view.classes
    if symbol.kind is Kind.CONSTANT:
        return analysis.view.constants.get(symbol.name, "")
    if symbol.name in classes:
        return f"{classes[symbol.name].head}:"
    for holder in all_symbols(analysis.symbols):
        if any(one is symbol for one in holder.inside):
            known = classes.get(holder.name)
            return "\n".join(known.lines_of(symbol.name)) if known else ""
    return ""


def _standard(word: str) -> str:
    found = standard_type(word)
    if not isinstance(found, Base):
        return f"`{word}`: a string, in Python `str`" if found is not None else ""
    kind = found.kind.value
    return f"`{word}`: {kind}, in Python `{PYTHON.get(kind, 'int')}`"


def _attribute(word: str) -> str:
    letters = RULES[word].letters
    targets = [TARGET_NAMES[LETTERS[letter]] for letter in letters][:MOST_TARGETS]
    more = ", ..." if len(letters) > MOST_TARGETS else ""
    return f"`[{word}]`: an attribute of {', '.join(targets)}{more}"
