from __future__ import annotations

from pyorpc.midl.emit.layout import (
    AnyOf,
    Choice,
    Entry,
    Literal,
    Loop,
    annotated,
    assignment,
    broken,
    call,
    class_head,
    definition,
    flat,
    returned,
    statement,
    subscript,
    unpacking,
)

LONG = "a_name_that_takes_a_good_part_of_a_line"
LONGER = f"{LONG}_and_{LONG}"


def test_a_piece_that_fits_is_on_one_line() -> None:
    assert broken(1, "x = ", call("f", "a", "b")) == ["    x = f(a, b)"]


def test_a_tuple_of_one_keeps_its_comma() -> None:
    assert flat(Literal(("a",))) == "(a,)"
    assert flat(Literal(())) == "()"


def test_a_calls_arguments_stay_on_one_line_if_they_fit_there() -> None:
    assert broken(0, "x = ", call("f", LONGER, "b" * 9)) == [
        "x = f(",
        f"    {LONGER}, {'b' * 9}",
        ")",
    ]


def test_else_each_argument_has_its_line() -> None:
    assert broken(0, "", call("f", LONGER, LONG)) == ["f(", f"    {LONGER},", f"    {LONG},", ")"]


def test_a_broken_literal_always_has_a_line_for_each_item() -> None:
    assert broken(0, "x = ", Literal((LONGER, "b" * 20)))[1:-1] == [
        f"    {LONGER},",
        f"    {'b' * 20},",
    ]


def test_a_choice_is_put_in_parentheses() -> None:
    assert assignment(0, "x_and_y", Choice(LONG, call("f", "a" * 28))) == [
        "x_and_y = (",
        f"    None if {LONG} is None else f({'a' * 28})",
        ")",
    ]
    assert assignment(0, "x", Choice(LONG, call("f", LONGER))) == [
        "x = (",
        "    None",
        f"    if {LONG} is None",
        f"    else f({LONGER})",
        ")",
    ]


def test_a_long_loop_has_a_line_for_its_source() -> None:
    lines = assignment(0, "x", Loop(call(LONG, "item"), "item", LONGER))
    assert lines == ["x = [", f"    {LONG}(item)", f"    for item in {LONGER}", "]"]


def test_a_long_name_is_put_in_parentheses_if_that_helps() -> None:
    assert statement(0, f"{LONG} = ", LONGER) == [f"{LONG} = (", f"    {LONGER}", ")"]
    assert len(statement(0, "x = ", "y" * 120)) == 1


def test_an_optional_type_breaks_before_its_bar() -> None:
    lines = broken(1, "", Entry("x" * 20, AnyOf((LONGER, "None"))), ",")
    assert lines == [f"    {'x' * 20}: {LONGER}", "    | None,"]


def test_an_annotated_value_breaks_where_it_must() -> None:
    short = annotated(0, "x", subscript("M", "a"), call("M", LONGER, "b" * 20))
    assert short[0] == "x: M[a] = M("
    middle = annotated(0, "x", subscript("M", LONGER), call("Methods__", LONG))
    assert middle == [f"x: M[{LONGER}] = (", f"    Methods__({LONG})", ")"]
    long = annotated(0, "x", subscript("M", LONGER, LONG), call("M", "a"))
    assert long == ["x: M[", f"    {LONGER},", f"    {LONG},", "] = M(a)"]


def test_names_are_unpacked_in_parentheses_where_they_are_too_many() -> None:
    assert unpacking(0, ("a", "b"), "args") == ["a, b = args"]
    assert unpacking(0, ("a",), "args") == ["(a,) = args"]
    assert unpacking(0, (LONG, LONGER), "args") == [
        "(",
        f"    {LONG},",
        f"    {LONGER},",
        ") = args",
    ]


def test_several_values_are_returned_as_a_tuple() -> None:
    assert returned(0, ("a", "b")) == ["return a, b"]
    assert returned(0, (LONG, LONGER)) == ["return (", f"    {LONG},", f"    {LONGER},", ")"]


def test_a_definition_breaks_its_parameters_first() -> None:
    assert definition(0, "f", ("self",), "int") == ["def f(self) -> int:"]
    assert definition(0, "f", ("self", LONGER), "int") == [
        "def f(",
        f"    self, {LONGER}",
        ") -> int:",
    ]
    assert definition(0, "f", ("self",), LONGER + LONG)[1] == "    self,"


def test_a_class_head_breaks_its_bases() -> None:
    assert class_head("C", ("A", "B")) == ["class C(A, B):"]
    assert class_head("C", (LONG, LONGER)) == ["class C(", f"    {LONG},", f"    {LONGER},", "):"]
