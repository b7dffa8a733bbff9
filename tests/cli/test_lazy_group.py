from __future__ import annotations

import sys

import click
import pytest
from click.testing import CliRunner

from pyorpc.cli.lazy_group import LazyGroup, Subcommand


class Group(LazyGroup):
    subcommands = {  # noqa: RUF012 - the class is made for these tests
        "late": Subcommand("tests.cli.test_lazy_group:late", "Come late."),
        "never": Subcommand("tests.cli.no_such_module:never", "Never come."),
        "wrong": Subcommand("tests.cli.test_lazy_group:Group", "Be no command."),
    }


@click.group(cls=Group)
def group() -> None:
    pass


@group.command()
def early() -> None:
    """Be there."""


@click.command()
def late() -> None:
    click.echo("late")


def test_its_own_commands_and_those_of_the_table_are_listed() -> None:
    text = CliRunner().invoke(group, ["--help"]).output
    assert "early  Be there." in text
    assert "late   Come late." in text
    assert "never" not in text


def test_a_command_of_the_table_runs() -> None:
    assert CliRunner().invoke(group, ["late"]).output == "late\n"


def test_what_is_no_command_is_said() -> None:
    with pytest.raises(TypeError, match="is no click command"):
        Group.subcommands["wrong"].load()


def test_help_loads_no_command() -> None:
    sys.modules.pop("tests.cli.test_lazy_group_probe", None)
    subcommand = Subcommand("tests.cli.test_lazy_group_probe:probe", "Not there.")
    assert not subcommand.exists
