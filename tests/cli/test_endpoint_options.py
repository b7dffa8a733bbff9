from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from pyorpc.cli import endpoint_options as options
from pyorpc.settings import Settings


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What `listen` would have settled, were this process to listen."""
    settings: dict[str, object] = {}
    monkeypatch.setattr(options, "configure", settings.update)
    return settings


def run(*arguments: str) -> None:
    @click.command()
    @options.endpoint_options
    def command(*, endpoints: tuple[str, ...], insecure: bool) -> None:
        options.listen(endpoints, insecure=insecure)

    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_without_options_nothing_is_settled(settled: dict[str, object]) -> None:
    run()
    assert settled == {}


def test_endpoints_are_added_to_those_of_the_environment(
    settled: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Settings(endpoints=("tcp://127.0.0.1:1",))
    monkeypatch.setattr(options, "get_settings", lambda: before)
    run("--endpoint", "tcp://127.0.0.1:2", "--insecure", "--endpoint", "tcp://127.0.0.1:3")
    assert settled == {
        "endpoints": ("tcp://127.0.0.1:1", "tcp://127.0.0.1:2", "tcp://127.0.0.1:3"),
        "insecure": True,
    }
