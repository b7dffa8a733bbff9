"""A client of the search service: `python client.py [FOLDER]`, by default Python's own library.

Indexes half of it and cancels, indexes all of it, then asks with four threads at once.
"""

from __future__ import annotations

import functools
import sys
import sysconfig
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from search_idl import AsyncISearch, CLSID_Search, IProgress, ISearch

import pyorpc
from pyorpc import COINIT, CallCanceledError

QUERIES = ("import threading", "raise TypeError", "def __init__", "return self")
REPEATS = 5


class Progress(IProgress):
    """An object of the client's: the service calls it back, on the client's own thread."""

    def __init__(self, *, cancels_half_way: bool = False) -> None:
        self.threads: set[int] = set()
        self._cancels_half_way = cancels_half_way
        self._quarters_shown = 0

    def Indexed(self, done: int, total: int) -> None:
        self.threads.add(threading.get_ident())
        if done * 4 // total > self._quarters_shown:
            self._quarters_shown = done * 4 // total
            print(f"  {done:5} of {total} files")
        if self._cancels_half_way and total / 2 <= done < total:
            pyorpc.cancel_call()  # the call that this thread waits for, which is Index


def cancel_half_way(search: ISearch, folder: str) -> None:
    print("index, and cancel half-way:")
    progress = Progress(cancels_half_way=True)
    pyorpc.enable_call_cancellation()
    try:
        search.Index(folder, progress)
    except CallCanceledError as error:
        print(f"  {error.hresult}")
    else:
        print("  there are too few files to cancel in time")
        return
    finally:
        pyorpc.disable_call_cancellation()
    # The caller was free at once; the service notices a moment later.
    while (record := search.Report()).cancellations_noticed == 0:
        time.sleep(0.01)
    print(f"  the service noticed, and stopped with {record.files} files in its index")


def index_all(search: ISearch, folder: str) -> None:
    print("index, and ask meanwhile:")
    progress = Progress()
    call = pyorpc.create_call(search, AsyncISearch)
    call.Begin_Index(folder, progress)
    partial = search.Find("import", 1).matches
    print(f"  {call.Finish_Index()} files; {partial} lines with 'import' when it had just begun")
    own = threading.get_ident()
    print(f"  progress came on thread {progress.threads}; this STA's thread is {own}")


def ask(cookie: int, query: str) -> str:
    """On a thread of its own, in the MTA."""
    with pyorpc.enter_apartment(COINIT.MULTITHREADED):
        search = pyorpc.global_interface_table().GetInterfaceFromGlobal(cookie, ISearch)
        found = search.Find(query, 1)
        for _ in range(REPEATS):
            search.Find(query, 1)
        first = "".join(f", first in {hit.path}:{hit.line}" for hit in found.hits)
        return f"  {found.matches:5} lines with {query!r}{first}"


def ask_at_once(search: ISearch) -> None:
    print("ask with four threads at once:")
    # A proxy is good in one apartment only. Through the table every thread gets one of its own.
    cookie = pyorpc.global_interface_table().RegisterInterfaceInGlobal(search, ISearch)
    with ThreadPoolExecutor(len(QUERIES)) as pool:
        # This blocks the STA; it may, since nobody calls its objects now.
        for answer in pool.map(functools.partial(ask, cookie), QUERIES):
            print(answer)
    pyorpc.global_interface_table().RevokeInterfaceFromGlobal(cookie)
    record = search.Report()
    print(f"  {record.queries} queries, at most {record.most_queries_at_once} at the same time")


def main() -> None:
    folder = sys.argv[1] if len(sys.argv) > 1 else sysconfig.get_path("stdlib")
    # As in a program with a window: the thread is an STA, its objects are called on it only.
    with pyorpc.enter_apartment(COINIT.APARTMENTTHREADED):
        search = pyorpc.create_instance(CLSID_Search, ISearch)
        cancel_half_way(search, folder)
        index_all(search, folder)
        ask_at_once(search)


if __name__ == "__main__":
    main()
