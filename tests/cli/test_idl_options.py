from __future__ import annotations

import click
import pytest

from pyorpc.cli.idl_options import defined, end_if_refused
from pyorpc.midl.compile import Compiler


def test_a_macro_without_a_value_is_1() -> None:
    assert defined(["A", "B=2", "C=", "D=x=y"]) == {"A": "1", "B": "2", "C": "", "D": "x=y"}


@pytest.mark.parametrize("written", ["", "=1", "1A", "A B"])
def test_what_is_no_name_is_wrong_use(written: str) -> None:
    with pytest.raises(click.UsageError, match="-D takes NAME"):
        defined([written])


def test_a_compiler_that_refused_nothing_goes_on() -> None:
    end_if_refused(Compiler([]))
