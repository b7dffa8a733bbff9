"""A group of commands that imports a command's module only when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import NamedTuple

import click
from click.shell_completion import CompletionItem


class Subcommand(NamedTuple):
    """Where a subcommand is, and the line about it in the help of its group."""

    target: str
    summary: str

    @property
    def module(self) -> str:
        return self.target.partition(":")[0]

    @property
    def exists(self) -> bool:
        return find_spec(self.module) is not None

    def load(self) -> click.Command:
        command = getattr(import_module(self.module), self.target.partition(":")[2])
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.target} is no click command")
        return command


class LazyGroup(click.Group):
    """A group with commands of its own and others from a table, of which it lists those there."""

    subcommands: Mapping[str, Subcommand] = MappingProxyType({})

    def list_commands(self, ctx: click.Context) -> list[str]:
        lazy = [name for name, subcommand in self.subcommands.items() if subcommand.exists]
        return [*super().list_commands(ctx), *lazy]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        subcommand = self.subcommands.get(cmd_name)
        if subcommand is None or not subcommand.exists:
            return super().get_command(ctx, cmd_name)
        return subcommand.load()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # Click's own would load every subcommand to read its summary.
        rows = [(name, self._summary(name)) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        # As above: a word must be completed while the user waits for it.
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        commands = [CompletionItem(name, help=self._summary(name)) for name in names]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def _summary(self, name: str) -> str:
        if name in self.subcommands:
            return self.subcommands[name].summary
        return self.commands[name].get_short_help_str()
