"""`pyorpc idl doc`: writes the reference of IDL files, one page for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from pyorpc.cli.idl_options import (
    define_option,
    defined,
    end_if_refused,
    idl_files,
    include_option,
    output_option,
    tree_cache,
)
from pyorpc.cli.replaced_file import replace_file
from pyorpc.midl.compile import Compiler
from pyorpc.midl.doc.html_page import html_page
from pyorpc.midl.doc.links import Links
from pyorpc.midl.doc.markdown_page import markdown_page
from pyorpc.midl.doc.python_view import python_view
from pyorpc.midl.doc.reference import Reference, reference_of
from pyorpc.midl.outline.symbol import symbols_of

Page = Callable[[Reference, str, Links], str]
FORMATS: dict[str, tuple[str, Page]] = {
    "html": (".html", html_page),
    "markdown": (".md", markdown_page),
}


@click.command("doc")
@idl_files
@include_option
@define_option
@output_option
@click.option(
    "--format", "kind", type=click.Choice(list(FORMATS)), default="html", show_default=True
)
def document_files(
    files: Sequence[Path],
    include: Sequence[Path],
    define: Sequence[str],
    output: Path,
    kind: str,
) -> None:
    """Write a page about each file: foo.html, or foo.md, for foo.idl.

    It has all interfaces, classes, structs, enums and constants, with their IDL, their Python
    signatures and what `///` comments and helpstring say. Types of files that are documented
    together are linked to.
    """
    compiler = Compiler(include, defined(define), tree_cache())
    references = [_reference(compiler, path) for path in files]
    end_if_refused(compiler)
    suffix, page_of = FORMATS[kind]
    pages = [(path.stem + suffix, one) for path, one in zip(files, references, strict=True)]
    twice = {name for name, _ in pages if [one for one, _ in pages].count(name) > 1}
    if twice:
        raise click.UsageError(f"two of the files give {min(twice)}")
    links = Links(pages)
    output.mkdir(parents=True, exist_ok=True)
    for name, reference in pages:
        replace_file(output / name, page_of(reference, name, links).encode())
        click.echo(f"wrote {output / name}")


def _reference(compiler: Compiler, path: Path) -> Reference:
    module = compiler.compile(path, Path())
    source = compiler.source(path)
    declarations = compiler.syntax_of(source)
    view = python_view(module.text if module else "")
    return reference_of(source, declarations, symbols_of(declarations), view)
