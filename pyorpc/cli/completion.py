"""`pyorpc completion`: the text that makes a shell complete the command's words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_PYORPC_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what a shell needs to complete commands, options and files.

    Have it read when the shell starts. In ~/.bashrc: eval "$(pyorpc completion bash)"; in
    ~/.zshrc: eval "$(pyorpc completion zsh)"; for fish: pyorpc completion fish >
    ~/.config/fish/completions/pyorpc.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(ctx.find_root().command, {}, "pyorpc", VARIABLE).source())
