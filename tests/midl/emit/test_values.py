from __future__ import annotations

import ast

import pytest

from pyorpc.midl.emit.values import string_text, value_text


@pytest.mark.parametrize("value", ["", 'a"b', "a'b", "'\"", "\n\t\\", "é", "\ud800", "\0", '\\"'])
def test_a_string_means_itself(value: str) -> None:
    assert ast.literal_eval(string_text(value)) == value


def test_a_string_prefers_double_quotes() -> None:
    assert string_text("a") == '"a"'
    assert string_text('a"') == "'a\"'"


def test_a_number_is_written_as_it_was() -> None:
    assert value_text(255, is_hex=True) == "0xFF"
    assert value_text(-255, is_hex=True) == "-0xFF"
    assert value_text(255, is_hex=False) == "255"
    assert value_text(True, is_hex=True) == "True"
    assert value_text(1.5, is_hex=False) == "1.5"
    assert value_text(3.4e38, is_hex=False) == "3.4e38"
    assert value_text(None, is_hex=False) == "None"
