from __future__ import annotations

from string import Formatter

import pytest

from pyorpc.midl.breaking.rules import Rule, rule_for

FIELDS = {"name", "parent", "home", "old", "new"}


def test_numbers_and_changes_are_given_once() -> None:
    assert len({rule.value.number for rule in Rule}) == len(Rule)
    assert len({(rule.value.kind, rule.value.change) for rule in Rule}) == len(Rule)


@pytest.mark.parametrize("rule", Rule)
def test_texts_and_hints_use_known_words(rule: Rule) -> None:
    for text in (rule.value.text, rule.value.hint):
        used = {field for _, field, _, _ in Formatter().parse(text) if field is not None}
        assert used <= FIELDS


def test_a_change_that_is_not_in_the_table_breaks_nobody() -> None:
    assert rule_for("member", "added") is None
    assert rule_for("method", "added") is Rule.METHOD_ADDED
    assert Rule.METHOD_ADDED.code == "BRK203"
