"""Nothing grows: threads, descriptors, sockets, objects and memory stay flat, round after round.

`make test` does some rounds of each kind, `make nightly` ten thousand.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, ComError, Runtime
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.class_server import ServedX, ServedY
from tests.support.far_runtime import FarRuntime
from tests.support.leak_server import KINDS, LeakServer, Wasteful, serve_leaks
from tests.support.levels import assert_flat, levels
from tests.support.probe import Probe, alive, in_apartment
from tests.support.probe_classes import ProbeApartment, ProbeFree, ProbeNeutral
from tests.support.probe_idl import AsyncIProbe, INobody, IProbe
from tests.support.waiting import DEADLINE_S, wait_until

pytestmark = pytest.mark.timeout(120)
STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
E_FAIL = HRESULT.E_FAIL - (1 << 32)  # as a LONG


def rounds(few: int, many: int) -> pytest.MarkDecorator:
    """So many rounds in `make test`, and in `make nightly`."""
    return pytest.mark.parametrize(
        "rounds",
        [few, pytest.param(many, marks=[pytest.mark.nightly, pytest.mark.timeout(900)])],
    )


@pytest.fixture(autouse=True)
def _unlogged() -> Iterator[None]:
    """pytest keeps what is logged, with all the frames of the exceptions in it."""
    logging.getLogger("pyorpc.calls").disabled = True
    yield
    logging.getLogger("pyorpc.calls").disabled = False


# ---- what one round does ----------------------------------------------------------------------


def use(make: Callable[[], IProbe | None]) -> None:
    """Create, call, release; and once more, leaving the release to the collector."""
    made = make()
    assert made is not None
    assert made.Add(1, 2) == 3
    assert made.Echo("a text") == "a text"
    assert pyorpc.release(made) in (0, 1)  # 1: it is no proxy
    made = make()


def call_in_every_way(probe: IProbe) -> None:
    """Callbacks, pointers both ways, begun calls finished and abandoned."""
    mine = Probe()
    assert probe.CallBack(mine) > 0
    assert probe.Descend(mine, 3) == 4
    assert probe.Same(mine) is mine
    assert probe.Many(2, [mine, Probe()]) == 2
    finished = pyorpc.create_call(probe, AsyncIProbe)
    finished.Begin_Make()
    assert finished.Finish_Make() is not None
    abandoned = pyorpc.create_call(probe, AsyncIProbe)
    abandoned.Begin_Same(mine)


def fail_in_every_way(probe: IProbe, gone: IProbe) -> None:
    """Each kind of failure: of the method, of the arguments, of the object, of the interface."""
    for failing in (
        lambda: probe.Fail(E_FAIL, "told to"),
        lambda: probe.Raise("told to"),
        lambda: probe.Add(1 << 40, 1),
        lambda: probe.Many(2, [Probe(), gone]),
        lambda: gone.Add(1, 2),
        lambda: probe.QueryInterface(INobody),
        lambda: pyorpc.create_call(gone, AsyncIProbe),
        lambda: pyorpc.unmarshal_interface(b"MEOW", IProbe),
    ):
        with pytest.raises(ComError):
            failing()


def gone_after(probe: IProbe) -> IProbe:
    made = probe.Make()
    assert made is not None
    pyorpc.release(made)
    return made


# ---- one process ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("coinit", "made"),
    [(MTA, ProbeApartment), (STA, ProbeFree), (STA, ProbeNeutral), (MTA, ProbeNeutral)],
)
@rounds(1_000, 10_000)
def test_objects_of_other_apartments(coinit: COINIT, made: Any, rounds: int) -> None:
    with in_apartment(coinit) as runtime:
        create = partial(pyorpc.create_instance, made, IProbe)
        assert_flat(partial(use, create), rounds, partial(levels, runtime))


@pytest.mark.parametrize("callee", [STA, MTA])
@rounds(300, 10_000)
def test_calls_of_every_kind_inside_a_process(callee: COINIT, rounds: int) -> None:
    with FarRuntime(callee, Wasteful()) as other:
        caller = MTA if callee is STA else STA
        with other.runtime.enter_apartment(caller):
            probe = other.pointer()
            gone = gone_after(probe)
            take = partial(levels, other.runtime)
            assert_flat(partial(call_in_every_way, probe), rounds, take)
            assert_flat(partial(fail_in_every_way, probe, gone), rounds, take)


@rounds(100, 500)
def test_apartments_that_come_and_go(rounds: int) -> None:
    with FarRuntime(MTA) as other:

        def live(packet: bytes, place: list[bytes]) -> None:
            with other.runtime.enter_apartment(STA):
                probe = pyorpc.unmarshal_interface(packet, IProbe)
                probe.Hold(Probe())  # it dies with this apartment
                assert probe.CallBack(Probe()) > 0
                place.append(pyorpc.marshal_interface(Probe(), IProbe))

        def come_and_go() -> None:
            thread = threading.Thread(target=live, args=(other.packet(), []))
            thread.start()
            thread.join(DEADLINE_S)
            other.probe.held = None

        assert_flat(come_and_go, rounds, partial(levels, other.runtime), warm_up=20)


@rounds(20, 100)
def test_runtimes_that_come_and_go(rounds: int) -> None:
    with FarRuntime(STA) as far:

        def come_and_go() -> None:
            with in_apartment(MTA):
                probe = far.pointer()
                assert probe.CallBack(Probe()) > 0

        assert_flat(come_and_go, rounds, partial(levels, far.runtime), warm_up=5)


@pytest.mark.parametrize("is_remote", [True, False])
def test_exceptions_keep_no_frames(is_remote: bool) -> None:
    with FarRuntime(MTA, Wasteful(), remote_traceback=True) as far:
        near = Runtime() if is_remote else far.runtime
        with near.enter_apartment(STA):
            probe = far.pointer()
            before = alive()
            kept: list[ComError] = []
            for failing in (partial(probe.Raise, "x"), partial(probe.Fail, E_FAIL, "x")):
                try:
                    failing()
                except ComError as error:
                    kept.append(error.with_traceback(None))
            assert len(kept) == 2
            # The errors are kept, the objects in the frames that raised them are not.
            wait_until(lambda: alive() <= before, "what the frames held")
        if is_remote:
            near.close()


# ---- two processes ----------------------------------------------------------------------------


@pytest.mark.parametrize("server", ["STA", "MTA"])
@pytest.mark.parametrize("caller", ["STA", "MTA"])
@rounds(400, 10_000)
def test_remote_objects(spawn: Spawn, caller: str, server: str, rounds: int) -> None:
    far = LeakServer(spawn(serve_leaks))
    with in_apartment(KINDS[caller]) as near:
        probe = pyorpc.unmarshal_interface(far.packet(server), IProbe)
        takes = partial(levels, near), far.levels
        assert_flat(partial(use, probe.Make), rounds, *takes)


@pytest.mark.parametrize(("caller", "server"), [("STA", "STA"), ("MTA", "MTA")])
@rounds(150, 10_000)
def test_remote_calls_of_every_kind(spawn: Spawn, caller: str, server: str, rounds: int) -> None:
    far = LeakServer(spawn(serve_leaks))
    with in_apartment(KINDS[caller]) as near:
        probe = pyorpc.unmarshal_interface(far.packet(server), IProbe)
        gone = gone_after(probe)
        takes = partial(levels, near), far.levels
        assert_flat(partial(call_in_every_way, probe), rounds, *takes)
        assert_flat(partial(fail_in_every_way, probe, gone), rounds, *takes)


@pytest.mark.parametrize("served", [ServedX, ServedY], ids=["STA", "MTA"])
@rounds(100, 2_000)
def test_objects_that_class_objects_make(spawn: Spawn, served: Any, rounds: int) -> None:
    far = LeakServer(spawn(serve_leaks))
    with in_apartment(MTA) as near:
        # An activation's time limit is remembered until it would have run out.
        place: Any = {"host": far.endpoint, "timeout_s": 2}

        def activate() -> None:
            made = pyorpc.create_instance(served, IProbe, CLSCTX.LOCAL_SERVER, **place)
            assert "from" in made.Echo("x")
            pyorpc.release(made)

        assert_flat(activate, rounds, partial(levels, near), far.levels, warm_up=20)


@rounds(60, 2_000)
def test_cancelled_calls(spawn: Spawn, rounds: int) -> None:
    far = LeakServer(spawn(serve_leaks))
    with in_apartment(MTA) as near, ApartmentThread(near, MTA) as caller:
        caller.run(pyorpc.enable_call_cancellation)
        packet = far.packet("MTA")
        probe = caller.run(pyorpc.unmarshal_interface, packet, IProbe)

        def cancelled() -> None:
            waiting = caller.begin(probe.UntilCancelled, 5.0)
            state = near.thread(caller.ident)
            assert state is not None
            wait_until(lambda: state.outgoing, "the call is on its way")
            with suppress(ComError):  # it may just be over
                pyorpc.cancel_call(caller.ident)
            with suppress(pyorpc.CallCanceledError):
                waiting.join()

        assert_flat(cancelled, rounds, partial(levels, near), far.levels, warm_up=20)


def visit(test: Parent, packet: bytes) -> None:
    """A peer: it calls, is called back, holds a pointer, and goes without a word or with one."""
    with in_apartment(STA):
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        probe.Hold(Probe())
        test.send(probe.CallBack(Probe()))
        test.receive()


@rounds(6, 50)
def test_peers_that_come_and_go(spawn: Spawn, rounds: int) -> None:
    with FarRuntime(STA) as far:
        count = 0

        def come_and_go() -> None:
            nonlocal count
            count += 1
            visitor = spawn(visit, far.packet())
            assert visitor.receive() > 0
            if count % 2:
                visitor.kill9()
            else:
                visitor.send("go")
                assert visitor.join() == 0
            visitor.close()
            far.probe.held = None
            wait_until(lambda: far.runtime.resolver.peers == {}, "its end is noticed")

        assert_flat(come_and_go, rounds, partial(levels, far.runtime), warm_up=2)
