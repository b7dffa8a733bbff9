"""Run: starts the workers of a stress run, carries their packets, troubles them, and looks at the
end what is left.
"""

from __future__ import annotations

import select
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.support.child import Child
from tests.support.stress.ledger import Books
from tests.support.stress.schedule import Trouble, TroubleKind, troubles
from tests.support.stress.worker import SETTLE_S, work

# Longer than an actor may be stuck, and than anything takes to settle.
ANSWER_S: Final = 40.0
GLANCE_S: Final = 0.05


class Member:
    """A worker process, as its run knows it."""

    def __init__(self, child: Child, slot: int, name: str) -> None:
        self.child = child
        self.slot = slot
        self.name = name
        self.process_id = ""
        self.answers: list[list[Any]] = []


class Report:
    """What became of a run."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.failures: list[str] = []
        self.tried: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.troubles: Counter[str] = Counter()
        self.calls = 0

    def __str__(self) -> str:
        lines = [
            f"seed {self.seed}: {self.calls} calls in the ledger",
            f"tried: {_listed(self.tried)}",
            f"ended: {_listed(self.ended)}",
            f"processes: {_listed(self.troubles) or 'untroubled'}",
            *self.failures,
        ]
        return "\n".join(lines)


class Run:
    """`go` does it all, within about `seconds` and some more for the end."""

    def __init__(
        self, seed: int, seconds: float, processes: int, folder: Path, *, is_calm: bool
    ) -> None:
        """`folder` is empty, and the home of the processes."""
        self._seed = seed
        self._seconds = seconds
        self._processes = processes
        self._folder = folder
        folder.mkdir(exist_ok=True)
        self._environment: dict[str, str] = {}
        for name in ("PYORPC_HOME", "XDG_RUNTIME_DIR"):
            (folder / name.lower()).mkdir(mode=0o700)
            self._environment[name] = str(folder / name.lower())
        self._is_calm = is_calm
        self.report = Report(seed)
        self._members: list[Member] = []
        self._killed: set[str] = set()
        self._ended_ids: list[str] = []
        self._births: Counter[int] = Counter()
        self._offers: dict[int, tuple[str, bytes, bool]] = {}  # to whom, what, is it a table packet
        self._numbers = 0

    def go(self, progress: Callable[[float], None] = lambda _: None) -> Report:
        """Live through the schedule, let everything go, count."""
        try:
            for slot in range(self._processes):
                self._start(slot)
            self._live(progress)
            self._wind_down()
        except (TimeoutError, EOFError) as error:
            self.report.failures.append(f"{error}")
        finally:
            for member in self._members:
                self._show_words(member)
                member.child.close()
        self._compare_ledgers()
        return self.report

    # ---- its parts -------------------------------------------------------------------------

    def _start(self, slot: int) -> None:
        self._births[slot] += 1
        name = f"{slot}.{self._births[slot]}"
        child = Child(
            work,
            str(self._seed),
            slot,
            name,
            (str(self._folder), self._is_calm),
            environment=self._environment,
        )
        member = Member(child, slot, name)
        self._members.append(member)
        self._await(member, "ready")

    def _live(self, progress: Callable[[float], None]) -> None:
        started = time.monotonic()
        todo: list[Trouble] = []
        if not self._is_calm:
            todo = troubles(str(self._seed), processes=self._processes, seconds=self._seconds)
        while (now := time.monotonic() - started) < self._seconds and not self.report.failures:
            progress(now)
            self._listen(GLANCE_S)
            if todo and todo[0].at_s <= now:
                self._trouble(todo.pop(0))

    def _wind_down(self) -> None:
        """In step: nobody lets go while another one may still act."""
        self._all("stop", "stopped")
        self._all("let go", "let go")
        if self.report.failures:
            return
        for member in self._members:
            member.child.send(["count", self._ended_ids])
        for member in self._members:
            self._await(member, "counted", SETTLE_S + ANSWER_S)
        self._all("end", "ended")

    def _all(self, order: str, answer: str) -> None:
        for member in self._members:
            member.child.send([order])
        for member in self._members:
            self._await(member, answer)

    def _compare_ledgers(self) -> None:
        books = Books(self._folder)
        self.report.calls = len(books.begun)
        self.report.failures += books.contradictions()
        self.report.failures += [
            f"{token} was never answered" for token in books.unanswered(self._killed)
        ]

    # ---- troubles --------------------------------------------------------------------------

    def _trouble(self, trouble: Trouble) -> None:
        [member] = [each for each in self._members if each.slot == trouble.slot]
        self.report.troubles[trouble.kind.value] += 1
        if trouble.kind is TroubleKind.FREEZE:
            member.child.stop()
            thaw_at = time.monotonic() + trouble.lasts_s
            while time.monotonic() < thaw_at:
                self._listen(GLANCE_S, but=member)
            member.child.cont()
            return
        if trouble.kind is TroubleKind.KILL:
            member.child.kill9()
            self._killed.add(member.name)
        else:
            for order, answer in (("stop", "stopped"), ("end", "ended")):
                member.child.send([order])
                self._await(member, answer)
        self._replace(member)

    def _replace(self, member: Member) -> None:
        while self._hear(member):
            pass
        self._members.remove(member)
        self._ended_ids.append(member.process_id)
        self._show_words(member)
        member.child.close()
        for number, (to, packet, is_table) in list(self._offers.items()):
            if to == member.name:
                del self._offers[number]
                if not is_table:
                    self._tell_all(["lost", packet])
        self._start(member.slot)

    def _tell_all(self, message: list[Any]) -> None:
        for member in self._members:
            member.child.send(message)

    def _show_words(self, member: Member) -> None:
        if words := member.child.stderr.strip():
            self.report.failures.append(f"{member.name} wrote:\n{words}")

    # ---- listening -------------------------------------------------------------------------

    def _listen(self, timeout_s: float, but: Member | None = None) -> None:
        members = [member for member in self._members if member is not but]
        readable, _, _ = select.select([member.child for member in members], [], [], timeout_s)
        for member in members:
            if member.child in readable and not self._hear(member):
                code = member.child.join()
                raise EOFError(f"{member.name} has ended, code {code}\n{member.child.stderr}")

    def _hear(self, member: Member) -> bool:
        """Take the next message of a member. False: it has none, and has ended."""
        if not select.select([member.child], [], [], 0)[0]:
            return False
        try:
            kind, *args = member.child.receive()
        except EOFError:
            return False
        if kind == "offer":
            self._offered(*args)
        elif kind == "took":
            self._offers.pop(args[0], None)
        elif kind == "failed":
            self.report.failures.append(args[0])
            if "stuck" in args[0]:
                member.child.show_stacks()
        else:
            self._answered(member, kind, args)
        return True

    def _offered(self, pick: int, packet: bytes, rank: int, is_table: bool) -> None:
        to = self._members[pick % len(self._members)]
        self._numbers += 1
        self._offers[self._numbers] = to.name, packet, is_table
        to.child.send(["packet", self._numbers, packet, rank, is_table])

    def _answered(self, member: Member, kind: str, args: list[Any]) -> None:
        member.answers.append([kind, *args])
        if kind == "ready":
            member.process_id = args[0]
        elif kind == "stopped":
            self.report.tried.update(args[0])
            self.report.ended.update(args[1])
        elif kind == "counted":
            self.report.failures += [f"{member.name} has {each}" for each in args[0]]
        elif kind == "ended":
            self.report.failures += [f"{member.name} leaves {each}" for each in args[0]]

    def _await(self, member: Member, answer: str, timeout_s: float = ANSWER_S) -> None:
        give_up_at = time.monotonic() + timeout_s
        while not any(kind == answer for kind, *_ in member.answers):
            if time.monotonic() > give_up_at:
                member.child.show_stacks()
                raise TimeoutError(f"{member.name} does not say {answer!r}\n{member.child.stderr}")
            self._listen(GLANCE_S)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())
