from __future__ import annotations

import pytest

from tests.midl.compiling import Folder, method


@pytest.mark.parametrize(
    ("size", "python"),
    [
        ("n", "n"),
        ("4", "4"),
        ("2 * 3", "6"),
        ("n + N", "n + 10"),
        ("n - sizeof(long)", "n - 4"),
        ("n / 2", "n // 2"),
        ("*p", "p"),
        ("*u", "(u or 0)"),
        ("-n", "-n"),
        ("n > 2 ? n : 2", "n if (n > 2) else 2"),
        ("(long)n", "n"),
        ("e", "e"),
    ],
)
def test_a_size_is_evaluated_when_the_call_is_made(folder: Folder, size: str, python: str) -> None:
    others = "[in] long n, [in] long *p, [in, unique] long *u, [in] enum E e"
    text = "const long N = 10; enum E { X };\n" + method(f"[in, size_is({size})] long *a, {others}")
    assert f'a_sent = sized(a, {python}, "a")' in folder.module_text(text)


def test_max_is_names_the_highest_index(folder: Folder) -> None:
    text = folder.module_text(method("[in, max_is(n)] long *a, [in] long n"))
    assert 'sized(a, n + 1, "a")' in text


@pytest.mark.parametrize(
    ("attributes", "declarator", "python"),
    [
        ("first_is(f), last_is(n)", "a[10]", "(n - f) + 1"),
        ("last_is(n)", "a[10]", "n + 1"),
        ("first_is(f)", "a[10]", "10 - f"),
        ("first_is(f), length_is(n)", "a[10]", "n"),
        ("size_is(n), first_is(f)", "*a", "n - f"),
        ("size_is(n), first_is(f), last_is(l)", "a[]", "(l - f) + 1"),
        ("min_is(f), max_is(n)", "a[]", "(n - f) + 1"),
        ("min_is(f), max_is(n), last_is(l)", "a[]", "(l - f) + 1"),
        ("min_is(f), max_is(n), first_is(l)", "a[]", "((n - f) + 1) - (l - f)"),
        ("max_is(n), first_is(0)", "a[]", "(n + 1) - 0"),
        ("size_is(n), length_is(l), first_is(f)", "*a", "l"),
    ],
)
def test_a_list_is_the_part_that_is_sent(
    folder: Folder, attributes: str, declarator: str, python: str
) -> None:
    others = "[in] long n, [in] long f, [in] long l"
    text = folder.module_text(method(f"{others}, [in, {attributes}] long {declarator}"))
    assert f'a_sent = sized(a, {python}, "a")' in text


def test_each_level_may_have_a_part_of_its_own(folder: Folder) -> None:
    text = folder.module_text(method("[in] long n, [in, first_is(, n)] long a[4][9]"))
    assert '[sized(item, 9 - n, "a") for item in sized(a, 4, "a")]' in text


def test_a_part_needs_an_array(folder: Folder) -> None:
    for attribute in ("first_is", "last_is", "min_is"):
        refused = folder.refusals(method(f"[in] long n, [in, {attribute}(n)] long a"))
        assert [one[-4:] for one in refused] == ["0408"]
    assert "0404" in folder.refusals(method("[in, last_is(-1)] long a[3]"))[0]


def test_length_is_says_what_is_sent(folder: Folder) -> None:
    text = folder.module_text(
        method("[in] long n, [out, size_is(n), length_is(*m)] long *a, [out] long *m")
    )
    assert 'sized(a, m, "a")' in text


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ("x", "0406"),
        ("d", "0407"),
        ("*n", "0410"),
        ("p", "0411"),
        ("&n", "0412"),
        ("*o", "0413"),
        ("0", "0404"),
        ("-1 + 1", "0404"),
        ("n / 0", "0303"),
        ("1 / 0", "0303"),
        ("1.5", "0608"),
        ("long", "0608"),
        ("**n", "0412"),
        ("T", "0406"),
    ],
)
def test_a_wrong_size_is_refused(folder: Folder, size: str, code: str) -> None:
    others = "[in] long n, [in] double d, [in] long *p, [out] long *o"
    text = "typedef long T;\n" + method(f"[in, size_is({size})] long *a, {others}")
    assert code in [one[-4:] for one in folder.refusals(text)]
