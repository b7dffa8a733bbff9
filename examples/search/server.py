"""The search service. `pyorpc serve server:Search` serves it from the MTA, and Ctrl-C ends that."""

from __future__ import annotations

import re
import threading
from pathlib import Path

from search_idl import CLSID_Search, Findings, Hit, IProgress, ISearch, Record

import pyorpc
from pyorpc import HRESULT, ComError, ThreadingModel, coclass

WORD = re.compile(r"\w+")
LEFT_OUT = {"site-packages", "test", "tests"}
FILES_PER_CALLBACK = 20


class SourceIndex:
    """Files, and which of them have which word. Only ever grows."""

    def __init__(self) -> None:
        self.lines: dict[str, list[str]] = {}
        self._files_with: dict[str, set[str]] = {}

    def add(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8", errors="replace")
        self.lines[str(path)] = text.splitlines()
        for word in set(WORD.findall(text)):
            self._files_with.setdefault(word, set()).add(str(path))

    def find(self, words: list[str]) -> list[Hit]:
        files = self._files_with.get(words[0], set()).copy()
        for word in words[1:]:
            files &= self._files_with.get(word, set())
        return [
            Hit(file, number, line.strip())
            for file in sorted(files)
            for number, line in enumerate(self.lines[file], 1)
            if words[0] in line and all(word in line for word in words)
        ]


# Free: its objects live in the MTA. Calls overlap, on the threads of a pool; the class looks after
# itself.
@coclass(CLSID_Search, "Example.Search", ThreadingModel.FREE)
class Search(ISearch):
    """One index. May be asked while it is being made."""

    def __init__(self) -> None:
        self._index = SourceIndex()
        self._lock = threading.Lock()  # guards all below; it is never held while calling out
        self._queries = 0
        self._running_queries = 0
        self._most_at_once = 0
        self._cancellations = 0

    def Index(self, folder: str, progress: IProgress | None) -> int:
        every = Path(folder).rglob("*.py")
        paths = sorted(path for path in every if LEFT_OUT.isdisjoint(path.parts))
        index = self._index = SourceIndex()
        for done, path in enumerate(paths, 1):
            self._stop_if_cancelled(done - 1)
            index.add(path)
            if progress is not None and (done % FILES_PER_CALLBACK == 0 or done == len(paths)):
                # Into the client's STA, which is waiting for us. COM knows that this call belongs
                # to the one that it waits for, and lets it in.
                progress.Indexed(done, len(paths))
        return len(paths)

    def Find(self, words: str, limit: int) -> Findings:
        with self._lock:
            self._queries += 1
            self._running_queries += 1
            self._most_at_once = max(self._most_at_once, self._running_queries)
        try:
            hits = self._index.find(words.split())
        finally:
            with self._lock:
                self._running_queries -= 1
        first = hits[:limit]
        return Findings(matches=len(hits), count=len(first), hits=first)

    def Report(self) -> Record:
        with self._lock:
            return Record(
                files=len(self._index.lines),
                queries=self._queries,
                most_queries_at_once=self._most_at_once,
                cancellations_noticed=self._cancellations,
            )

    def _stop_if_cancelled(self, done: int) -> None:
        """Nobody interrupts a method: it asks whether its call was cancelled, when it suits it."""
        if pyorpc.test_cancel() != HRESULT.RPC_E_CALL_CANCELED:
            return
        with self._lock:
            self._cancellations += 1
        raise ComError(HRESULT.RPC_E_CALL_CANCELED, f"Index stopped after {done} files")
