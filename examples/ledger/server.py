"""The ledger's server: `python server.py ledger.sqlite3`, and Ctrl-C to end it.

With `--free` it offers the same object from the MTA, to show what goes wrong there.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import sqlite3
import threading
from typing import TypeVar, cast

from ledger_idl import CLSID_FreeLedger, CLSID_Ledger, ILedger, Posting

import pyorpc
from pyorpc import COINIT, Guid, IClassFactory, IUnknown

T = TypeVar("T", bound=IUnknown)

SCHEMA = """
CREATE TABLE IF NOT EXISTS posting (
    number INTEGER PRIMARY KEY, from_account TEXT, to_account TEXT, cents INTEGER);
CREATE TABLE IF NOT EXISTS account (name TEXT PRIMARY KEY, cents INTEGER);
"""


class Ledger(ILedger):
    """Owns a database. There is no lock in here: its apartment is the lock."""

    def __init__(self, path: str) -> None:
        # As everybody writes it: check_same_thread is on, so sqlite3 refuses every other thread.
        self._database = sqlite3.connect(path)
        self._database.executescript(SCHEMA)

    def Post(self, posting: Posting) -> int:
        with self._database:  # one SQL transaction
            # Read, add, write: two calls at once would lose one of the additions.
            for account, cents in (
                (posting.from_account, -posting.cents),
                (posting.to_account, posting.cents),
            ):
                self._set_balance(account, self.Balance(account) + cents)
            entered = self._database.execute(
                "INSERT INTO posting (from_account, to_account, cents) VALUES (?, ?, ?)",
                (posting.from_account, posting.to_account, posting.cents),
            )
        return entered.lastrowid or 0

    def Balance(self, account: str) -> int:
        found = self._database.execute("SELECT cents FROM account WHERE name = ?", (account,))
        row = found.fetchone()
        return row[0] if row else 0

    def _set_balance(self, account: str, cents: int) -> None:
        self._database.execute("INSERT OR REPLACE INTO account VALUES (?, ?)", (account, cents))


class OneLedger(IClassFactory):
    """The class object. Others make an object per client; this one gives all of them the same."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def CreateInstance(self, pUnkOuter: IUnknown | None, riid: type[T] | Guid) -> T | None:
        return cast("T", self._ledger.QueryInterface(riid))

    def LockServer(self, fLock: int) -> None:
        """The server runs until Ctrl-C anyway."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--free", action="store_true", help="serve from the MTA")
    parser.add_argument("database")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the same as Ctrl-C
    if options.free:
        logging.getLogger("pyorpc").setLevel(logging.CRITICAL)  # the clients show what goes wrong

    # The apartment of the thread that registers the class object is the one that its objects live
    # in. This line is all the difference between a ledger that works and one that does not.
    coinit = COINIT.MULTITHREADED if options.free else COINIT.APARTMENTTHREADED
    clsid = CLSID_FreeLedger if options.free else CLSID_Ledger
    with pyorpc.enter_apartment(coinit), contextlib.suppress(KeyboardInterrupt):
        cookie = pyorpc.register_class_object(clsid, OneLedger(Ledger(options.database)))
        print(f"serving {options.database}; Ctrl-C ends it", flush=True)
        try:
            if options.free:
                threading.Event().wait()  # the calls run on the pool's threads
            else:
                pyorpc.pump_messages()  # the calls run here, one after the other
        finally:
            pyorpc.revoke_class_object(cookie)


if __name__ == "__main__":
    main()
