"""The options of commands that listen: where, and whether without keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from pyorpc.functions.configuration import configure, get_settings

F = TypeVar("F", bound=Callable[..., object])


def endpoint_options(command: F) -> F:
    endpoints = click.option(
        "--endpoint",
        "endpoints",
        metavar="tcp://HOST:PORT",
        multiple=True,
        help="Listen here too, for other machines; repeat. Port *: any free one.",
    )
    insecure = click.option(
        "--insecure",
        is_flag=True,
        help="Listen on TCP without keys: whoever reaches the port can call.",
    )
    return endpoints(insecure(command))


def listen(endpoints: tuple[str, ...], *, insecure: bool) -> None:
    """Settle the options, on top of the environment's."""
    if endpoints:
        configure(endpoints=(*get_settings().endpoints, *endpoints))
    if insecure:
        configure(insecure=True)
