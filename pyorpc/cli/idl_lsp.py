"""`pyorpc idl lsp`: the language server, for editors to start."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from pyorpc.cli.idl_options import define_option, defined, include_option, tree_cache
from pyorpc.midl.language.analysis import Settings


@click.command("lsp")
@include_option
@define_option
def serve_editor(include: Sequence[Path], define: Sequence[str]) -> None:
    """Answer an editor about IDL files, over standard input and output (LSP).

    Mistakes as one types, meanings, definitions, outline, completion and layout. Editors start it;
    it needs the extra `lsp`.
    """
    settings = Settings([path.resolve() for path in include], defined(define), tree_cache())
    try:
        server = import_module("pyorpc.cli.language_server")
    except ModuleNotFoundError as failure:
        if (failure.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise click.ClickException(
            "the language server needs pygls; install it with: pip install 'pyorpc[lsp]'"
        ) from None
    server.make_server(settings).start_io()
