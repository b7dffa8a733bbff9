"""`pyorpc idl breaking`: says which changes of an IDL file break those built with the old one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from pyorpc.cli.idl_options import (
    FILES,
    define_option,
    defined,
    end_if_refused,
    include_option,
    tree_cache,
)
from pyorpc.midl.breaking.compare import Version, compare
from pyorpc.midl.breaking.names import Names
from pyorpc.midl.breaking.published import published
from pyorpc.midl.breaking.report import json_report, text_report
from pyorpc.midl.compile import Compiler


@click.command("breaking")
@click.argument("old", type=FILES)
@click.argument("new", type=FILES)
@include_option
@define_option
@click.option(
    "--format", "kind", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def find_breaking(
    old: Path, new: Path, include: Sequence[Path], define: Sequence[str], kind: str
) -> None:
    """Compare two versions of an IDL file; say which changes break whom, and why.

    A caller or a server is old if it was built with OLD, while its peer was built with NEW. Ends
    with 1 if anything breaks. What the files import is not compared, but types are looked up
    there.
    """
    versions = [_version(path, include, define) for path in (old, new)]
    findings = compare(*versions)
    click.echo(json_report(findings) if kind == "json" else text_report(findings))
    if findings:
        raise click.exceptions.Exit(1)


def _version(path: Path, include: Sequence[Path], define: Sequence[str]) -> Version:
    compiler = Compiler(include, defined(define), tree_cache())
    compiler.check(path)
    end_if_refused(compiler)
    files = compiler.read_files()
    names = Names(one for source in files for one in compiler.syntax_of(source))
    return Version(published(compiler.syntax_of(compiler.source(path)), names), names)
