from __future__ import annotations

import pytest

from pyorpc.midl.resolve.attribute_table import EXCLUDING, LETTERS, RULES, TARGET_NAMES

REFERENCE = """
aggregatable allocate annotation appobject arrays async async_uuid auto_handle bindable broadcast
byte_count call_as callback case code comm_status context_handle control cs_char cs_drtag cs_rtag
cs_stag cs_tag_rtn custom decode default defaultbind defaultcollelem defaultvalue defaultvtbl
disable_consistency_check displaybind dllname dual enable_allocate encode endpoint entry
explicit_handle fault_status first_is handle heap helpcontext helpfile helpstring helpstringcontext
helpstringdll hidden id idempotent ignore iid_is immediatebind implicit_handle in in_line include
industry last_is lcid length_is licensed local max_is maybe message min_is ms_union nocode
nonbrowsable noncreatable nonextensible notify notify_flag object odl oleautomation optimize
optional out out_of_line partial_ignore pointer_default pragma propget propput propputref proxy ptr
public range readonly ref represent_as requestedit restricted retval size_is source
strict_context_handle string switch_is switch_type system_handle transmit_as typedef uidefault
context_handle_noserialize context_handle_serialize no_injected_text
type_strict_context_handle unique user_marshal usesgetlasterror uuid v1_enum vararg version
vi_progid wire_marshal
"""
WINRT = """
contract exclusiveto marshaling_behavior activatable static overload flags eventadd eventremove
contractversion
"""


@pytest.mark.parametrize("name", (REFERENCE + WINRT).split())
def test_every_attribute_of_the_reference_is_known(name: str) -> None:
    assert name in RULES


def test_our_own_attribute_is_known() -> None:
    assert "access" in RULES


def test_each_rule_names_known_targets() -> None:
    assert all(letter in LETTERS for rule in RULES.values() for letter in rule.letters)
    assert set(LETTERS.values()) == TARGET_NAMES.keys()
    assert all(rule.fewest <= rule.most for rule in RULES.values())


def test_exclusions_are_about_known_attributes() -> None:
    assert all(name in RULES for pair in EXCLUDING for name in pair)
