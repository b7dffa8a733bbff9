"""Worker: one process of a stress run, with actors in two STAs and in the MTA.

Told by the run over its line: ["packet", number, packet, rank, is_table], ["lost", packet],
["stop"], ["let go"], ["count", ended process ids], ["end"]. Tells it:
["ready", process id], ["offer", pick, packet, rank, is_table], ["took", number], ["failed", text],
and answers the rest.
"""

from __future__ import annotations

import faulthandler
import gc
import logging
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

import pyorpc
from pyorpc import COINIT, ComError, Runtime
from pyorpc.context.thread_state import thread_state
from pyorpc.wire.objref import unpack
from tests.support.child import Parent
from tests.support.probe import ALIVE
from tests.support.stress.actor import Actor, Offer
from tests.support.stress.census import descriptors, leftovers, threads
from tests.support.stress.ledger import Ledger
from tests.support.stress.moves import MOVES, finish_one
from tests.support.stress.schedule import FREE, rank_of
from tests.support.stress.servant import Servant
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
ACTORS: Final = (STA, MTA, STA, MTA)
# References go back by housekeeping, deaths are noticed, who was never met is forgotten after three
# pings: all this takes that long, at most.
PING_S: Final = 2.0
SETTLE_S: Final = 15.0


class Worker:
    """What the actors of a process share."""

    def __init__(self, test: Parent, name: str, slot: int, folder: Path, *, is_calm: bool) -> None:
        self.name = name
        self.slot = slot
        self.is_calm = is_calm
        self.ledger = Servant.ledger = Ledger(folder, name)
        self.runtime = Runtime(ping_period_s=PING_S)
        self.one_service = threading.Lock()  # guards the one registration of a service's class
        self._test = test
        self._offers: SimpleQueue[Offer] = SimpleQueue()
        self._is_over = threading.Event()
        self.actors = [
            Actor(self, number, coinit, FREE if coinit is MTA else rank_of(slot, number))
            for number, coinit in enumerate(ACTORS)
        ]

    # ---- for actors ------------------------------------------------------------------------

    def offer(self, pick: int, packet: bytes, rank: int, *, is_table: bool) -> None:
        self._test.send(["offer", pick, packet, rank, is_table])

    def taken(self) -> Offer | None:
        try:
            return self._offers.get_nowait()
        except Empty:
            return None

    def took(self, offer: Offer) -> None:
        self._test.send(["took", offer.number])

    def fail(self, text: str) -> None:
        self._test.send(["failed", f"{self.name}: {text}"])

    def sight(self) -> str:
        """The calls in flight of this process."""
        with self.runtime.enter_apartment():
            return "\n".join(map(str, pyorpc.calls_in_flight()))

    # ---- the run's orders ------------------------------------------------------------------

    def live(self, seed: str) -> None:
        """From the first action to the last count."""
        feeders = [
            threading.Thread(
                target=actor.feed, args=(f"{seed}/{self.name}/{actor.number}", self._is_over, MOVES)
            )
            for actor in self.actors
        ]
        for feeder in feeders:
            feeder.start()
        while (message := self._test.receive(120))[0] != "end":
            self._obey(feeders, *message)
        self._stop(feeders)

    def _obey(self, feeders: list[threading.Thread], order: str, *args: Any) -> None:
        match order:
            case "packet":
                self._offers.put(Offer(*args))
            case "lost":
                self._disconnect(args[0])
            case "stop":
                self._stop(feeders)
                self._test.send(["stopped", *self._counts()])
            case "let go":
                self._let_go()
                self._test.send(["let go"])
            case _:
                self._test.send(["counted", self._settled(*args)])

    def _stop(self, feeders: list[threading.Thread]) -> None:
        self._is_over.set()
        for feeder in feeders:
            feeder.join()

    def close(self) -> None:
        for actor in self.actors:
            actor.end_apartment()
        self.runtime.close()
        self.ledger.close()

    def _counts(self) -> tuple[Counter[str], Counter[str]]:
        tried = sum((actor.tried for actor in self.actors), Counter[str]())
        ended = sum((actor.ended for actor in self.actors), Counter[str]())
        return tried, ended

    def _disconnect(self, packet: bytes) -> None:
        """A packet died with the process that was to take it: nobody will release it."""
        with self.runtime.enter_apartment():
            manager = self.runtime.exporter.manager(unpack(packet).oid)
            if manager is not None and manager.target is not None:
                pyorpc.disconnect_object(manager.target)

    def _let_go(self) -> None:
        """Finish what was begun, and give up every pointer, packet and object."""
        while (offer := self.taken()) is not None:
            if not offer.is_table:
                self.actors[1].run(_release_packet, offer.packet)
        for actor in self.actors:
            actor.run(_let_go_of_all, actor)
        for servant in list(ALIVE):
            servant.held = None  # type: ignore[attr-defined]  # they are Probes
        gc.collect()

    def _settled(self, ended: list[str]) -> list[str]:
        """What is left once it does not change any more."""
        give_up_at = time.monotonic() + SETTLE_S
        while True:
            left = leftovers(self.runtime, ended, is_calm=self.is_calm)
            if not left or time.monotonic() > give_up_at:
                return left
            time.sleep(0.05)


def _release_packet(packet: bytes) -> None:
    with suppress(ComError):  # its object is gone already
        pyorpc.release_marshal_data(packet)


def _let_go_of_all(actor: Actor) -> None:
    for begun in actor.begun:
        with suppress(ComError):
            finish_one(actor, begun)
    actor.give_up_claims()
    for held in actor.held:
        pyorpc.release(held.pointer)
    actor.begun, actor.held, actor.own = [], [], []


def work(test: Parent, seed: str, slot: int, name: str, place: tuple[str, bool]) -> None:
    """In a child process: live as a worker, then say what the process itself has left.

    `place` is the folder of the ledgers, and whether the run is calm.
    """
    folder, is_calm = place
    logging.basicConfig(level=logging.ERROR)  # that a call was refused is nothing special here
    logging.getLogger("pyorpc.calls").setLevel(logging.CRITICAL)  # Raise is meant to raise
    faulthandler.enable()
    _ = thread_state().waiter  # this thread's own
    before = descriptors(), threads()
    worker = Worker(test, name, slot, Path(folder), is_calm=is_calm)
    test.send(["ready", worker.runtime.identity.process_id])
    worker.live(seed)
    worker.close()
    del worker
    test.send(["ended", _remains(before)])
    while True:  # what is unread when it ends, the kernel reports before what it has said
        test.receive(120)


def _remains(before: tuple[int, list[str]]) -> list[str]:
    """Threads and descriptors that outlive the Runtime."""

    def left() -> list[str]:
        gc.collect()
        return [name for name in threads() if name not in before[1]]

    try:
        wait_until(lambda: not left() and descriptors() <= before[0], timeout_s=5)
    except AssertionError:
        return [f"{descriptors() - before[0]} descriptors more", *left()]
    return []
