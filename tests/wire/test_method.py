"""Both ends of a method agree on its arguments and results, in a process and between two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.ids import Guid, Ipid, Oid, Oxid, iid
from pyorpc.wire.codec import Struct, encode
from pyorpc.wire.method import CHECKED_BY_SENDER, Method
from pyorpc.wire.numbers import Long, Short
from pyorpc.wire.objref import Binding, ObjRef, Tower
from tests.support.plain_msgpack import unpack


class Quote(Struct, frozen=True):
    symbol: str
    size: Long


class Batch(Struct, frozen=True):
    quotes: list[Quote]
    sizes: list[Long]


class Subscription(Struct, frozen=True):
    sink: ObjRef | None
    batch: Batch


class Tree(Struct, frozen=True):
    name: str
    children: list[Tree]


REF = ObjRef(
    iid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1a01"),
    0,
    5,
    Oxid(2**64 - 1),
    Oid(1),
    Ipid(Guid(b"i" * 16)),
    (Binding(Tower.APARTMENT, "ipc:///x"),),
)
LARGE = "x" * (CHECKED_BY_SENDER + 1)

Arguments = tuple[Any, ...]
Refuse = Callable[[Method[Any, Any], Arguments], object]


def method(*args: Any, result: Any = None) -> Method[Any, Any]:
    declared: Any = tuple.__class_getitem__(args)
    return Method("IFoo.Bar", 3, declared, result)


def through_bytes(of: Method[Any, Any], args: Arguments) -> Any:
    """As the callee in another process sees them."""
    return of.decode_args(of.encode_args(args))


def in_process(of: Method[Any, Any], args: Arguments) -> Any:
    """As the callee in this process sees them."""
    return of.copy_args(args)


both_ways = pytest.mark.parametrize("send", [through_bytes, in_process])


# ---- what arrives ---------------------------------------------------------------------------


def test_a_method_says_which_it_is() -> None:
    bar = method(Long, result=str)
    assert (bar.name, bar.slot, bar.args_type, bar.result_type) == (
        "IFoo.Bar",
        3,
        tuple[Long],
        str,
    )
    assert repr(bar) == "<Method IFoo.Bar slot 3>"


@both_ways
@pytest.mark.parametrize(
    ("declared", "args"),
    [
        ((), ()),
        ((Long, str, bytes, float, bool), (-1, "é", b"\0", 1.5, True)),
        ((str, bytes), (LARGE, LARGE.encode())),
        ((list[Batch],), ([Batch([Quote("A", 1)], [1, 2])],)),
        ((Guid, ObjRef | None, ObjRef | None), (Guid(b"g" * 16), REF, None)),
        ((Subscription,), (Subscription(REF, Batch([], [])),)),
        ((str, Subscription), (LARGE, Subscription(None, Batch([Quote(LARGE, 2)], [3])))),
        ((Tree,), (Tree("a", [Tree("b", [])]),)),
    ],
)
def test_the_callee_sees_what_the_caller_gave(
    send: Refuse, declared: tuple[Any, ...], args: Arguments
) -> None:
    assert send(method(*declared), args) == args


@both_ways
@pytest.mark.parametrize("text", ["\ud800", "\udfff" * 5000])
def test_lone_surrogates_arrive(send: Refuse, text: str) -> None:
    bar = method(str, Quote, result=str)
    args = text, Quote(text, 1)
    assert send(bar, args) == args
    assert bar.decode_result(bar.encode_result(text)) == text
    assert bar.copy_result(text) == text
    if len(text) == 1:
        with pytest.raises(InvalidArgumentError):
            send(bar, (text, Quote(text, 2**40)))


quotes = st.builds(Quote, st.text(), st.integers(-(2**31), 2**31 - 1))
batches = st.builds(Batch, st.lists(quotes), st.lists(st.integers(-(2**31), 2**31 - 1)))


@given(st.tuples(st.binary(), batches, st.floats(allow_nan=False) | st.none()))
def test_any_fitting_arguments_arrive_equal_and_msgpack_reads_them(args: Arguments) -> None:
    bar = method(bytes, Batch, float | None)
    assert in_process(bar, args) == through_bytes(bar, args) == args
    batch = args[1]
    plain = [[[quote.symbol, quote.size] for quote in batch.quotes], batch.sizes]
    assert unpack(bar.encode_args(args)) == [args[0], plain, args[2]]


@pytest.mark.parametrize(
    ("declared", "result"),
    [(None, None), (Long, 7), (str, LARGE), (tuple[Quote, ObjRef | None], (Quote("A", 1), REF))],
)
def test_the_caller_sees_what_the_callee_returned(declared: Any, result: object) -> None:
    bar = method(result=declared)
    assert bar.decode_result(bar.encode_result(result)) == result
    assert bar.copy_result(result) == result


# ---- copies ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "others"),
    [((), ()), ((str,), (LARGE,)), ((ObjRef | None,), (REF,))],
    ids=["alone", "beside a large string", "beside a pointer"],
)
def test_the_callee_in_the_same_process_gets_a_list_of_its_own(
    declared: tuple[Any, ...], others: Arguments
) -> None:
    numbers, batch = [1, 2], Batch([Quote("A", 1)], [3])
    bar = method(list[Long], Batch, *declared)
    copied, copied_batch, *_ = bar.copy_args((numbers, batch, *others))
    copied.append(4)
    copied_batch.sizes.append(5)
    assert (numbers, batch.sizes) == ([1, 2], [3])


@pytest.mark.parametrize("declared", [Batch, tuple[Batch, str], tuple[Batch, ObjRef | None]])
def test_the_caller_in_the_same_process_gets_results_of_its_own(declared: Any) -> None:
    batch = Batch([], [1])
    result = {Batch: batch, tuple[Batch, str]: (batch, LARGE)}.get(declared, (batch, REF))
    copied = method(result=declared).copy_result(result)
    (copied if declared is Batch else copied[0]).sizes.append(2)
    assert batch.sizes == [1]


def test_a_large_string_is_not_copied() -> None:
    copied, data = method(str, bytes).copy_args((LARGE, LARGE.encode()))
    assert copied is LARGE
    assert data == LARGE.encode()


@both_ways
@pytest.mark.parametrize("buffer", [bytearray(b"abc"), memoryview(b"abc")])
@pytest.mark.parametrize("other", ["small", LARGE])
def test_any_buffer_arrives_as_bytes(send: Refuse, buffer: object, other: str) -> None:
    assert send(method(str, bytes), (other, buffer)) == (other, b"abc")


# ---- what does not fit ----------------------------------------------------------------------

BAD_ARGS: list[tuple[tuple[Any, ...], Arguments, str]] = [
    ((Long,), (2**31,), r"Expected `int` <= 2147483647 - at `\$\[0\]`"),
    ((str, Short), ("", -(2**15) - 1), r"Expected `int` >= -32768 - at `\$\[1\]`"),
    ((Long,), ("1",), r"Expected `int`, got `str` - at `\$\[0\]`"),
    ((Quote,), (Quote("A", 2**31),), r"<= 2147483647 - at `\$\[0\]\[1\]`"),
    ((Batch,), (Batch([Quote("A", 2**31)], []),), r"at `\$\[0\]\[0\]\[0\]\[1\]`|at `\$.*\[...\]"),
    ((str, Batch), ("", Batch([], [1, 2**31])), r"at `\$\[1\]\[1\]"),
    ((ObjRef | None,), ("no pointer",), r"got `str` - at `\$\[0\]`"),
    ((Guid,), ("no guid",), r"Expected `Guid`, got `str` - at `\$\[0\]`"),
]


@both_ways
@pytest.mark.parametrize(("declared", "args", "place"), BAD_ARGS)
@pytest.mark.parametrize("more", [(), (REF,)], ids=["alone", "beside a pointer"])
def test_an_argument_that_does_not_fit_is_refused_and_its_place_is_named(
    send: Refuse, declared: tuple[Any, ...], args: Arguments, place: str, more: Arguments
) -> None:
    bar = method(*declared, ObjRef) if more else method(*declared)
    with pytest.raises(InvalidArgumentError, match=rf"IFoo\.Bar: .*{place}") as failure:
        send(bar, (*args, *more))
    assert failure.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    assert failure.value.executed == "no"


@pytest.mark.parametrize(("declared", "args", "place"), BAD_ARGS)
def test_beside_a_large_string_it_is_refused_in_the_process_and_by_the_callee_of_another(
    declared: tuple[Any, ...], args: Arguments, place: str
) -> None:
    bar = method(*declared, str)
    with pytest.raises(InvalidArgumentError, match=place):
        in_process(bar, (*args, LARGE))
    body = bar.encode_args((*args, LARGE))
    with pytest.raises(ComError, match=place) as failure:
        bar.decode_args(body)
    assert failure.value.hresult == HRESULT.RPC_X_BAD_STUB_DATA


@both_ways
@pytest.mark.parametrize(
    ("other", "value"),
    [("small", object()), ("small", 2**64), (LARGE, object())],
)
def test_what_cannot_travel_at_all_is_refused(send: Refuse, other: str, value: object) -> None:
    with pytest.raises(InvalidArgumentError) as failure:
        send(method(str, Any), (other, value))
    assert failure.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    assert failure.value.executed == "no"


def encoded(of: Method[Any, Any], result: object) -> object:
    return of.encode_result(result)


def copied(of: Method[Any, Any], result: object) -> object:
    return of.copy_result(result)


@pytest.mark.parametrize("give", [encoded, copied])
@pytest.mark.parametrize(
    ("declared", "result"),
    [
        (Long, 2**31),
        (Long, None),
        (None, 1),
        (Quote, Quote("A", 2**31)),
        (tuple[Long, Long], (1, 2, 3)),
        (tuple[Quote, ObjRef | None], (Quote("A", 2**31), REF)),
        (Any, object()),
    ],
)
def test_a_result_that_does_not_fit_is_the_callees_fault(
    give: Callable[[Method[Any, Any], object], object], declared: Any, result: object
) -> None:
    with pytest.raises(
        ComError, match=r"IFoo\.Bar returned what its IDL does not allow"
    ) as failure:
        give(method(result=declared), result)
    assert failure.value.hresult == HRESULT.RPC_E_SERVERFAULT
    assert failure.value.executed == "yes"


# ---- bad bodies -----------------------------------------------------------------------------

BAD_BODIES = [
    b"",
    b"\xc1",  # a byte that MessagePack never uses
    b"\x91",  # shorter than it says
    b"\x91\xa1\xff",  # no UTF-8
    b"\x91\xa1a\x00",  # longer than it says
    encode(["a", "b"]),
    encode({"a": 1}),
    encode([1]),
    b"\x91" * 100_000,
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_a_body_that_does_not_fit_is_refused(body: bytes) -> None:
    bar = method(str, result=tuple[str])
    for decode, what in ((bar.decode_args, "arguments"), (bar.decode_result, "results")):
        with pytest.raises(ComError, match=rf"IFoo\.Bar: the {what} do not fit: ") as failure:
            decode(body)
        assert failure.value.hresult == HRESULT.RPC_X_BAD_STUB_DATA


def test_a_body_of_a_deep_tree_is_refused() -> None:
    body = b"\x91" + b"\x92\xa1a\x91" * 100_000 + b"\x92\xa1a\x90"
    with pytest.raises(ComError) as failure:
        method(Tree).decode_args(body)
    assert failure.value.hresult == HRESULT.RPC_X_BAD_STUB_DATA


@both_ways
def test_a_tree_too_deep_to_travel_is_refused(send: Refuse) -> None:
    tree = Tree("", [])
    for _ in range(5_000):
        tree = Tree("", [tree])
    with pytest.raises(InvalidArgumentError):
        send(method(Tree), (tree,))


@given(st.binary(max_size=40))
def test_any_body_fits_or_is_refused(body: bytes) -> None:
    hresult: int = HRESULT.RPC_X_BAD_STUB_DATA
    try:
        method(str, Batch, ObjRef | None).decode_args(body)
    except ComError as error:
        hresult = error.hresult
    assert hresult == HRESULT.RPC_X_BAD_STUB_DATA
