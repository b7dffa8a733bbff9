"""A client of the ledger: `python client.py alice 50` posts 50 times. Exit code 1 if one failed.

`--free` asks for the class in the MTA.
"""

from __future__ import annotations

import argparse
import sys

from ledger_idl import CLSID_FreeLedger, CLSID_Ledger, ILedger, Posting

import pyorpc
from pyorpc import ComError


def post(ledger: ILedger, name: str, count: int) -> int:
    """Pay one cent `count` times into the common account; returns how many postings failed."""
    failures = 0
    for _ in range(count):
        try:
            ledger.Post(Posting(from_account=name, to_account="common", cents=1))
        except ComError as error:
            failures += 1
            if failures == 1:
                print(f"{name}: {error.hresult}: {error.description}")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--free", action="store_true", help="use the ledger in the MTA")
    parser.add_argument("name")
    parser.add_argument("count", type=int)
    options = parser.parse_args()

    with pyorpc.enter_apartment():
        clsid = CLSID_FreeLedger if options.free else CLSID_Ledger
        ledger = pyorpc.create_instance(clsid, ILedger)
        failures = post(ledger, options.name, options.count)
        print(f"{options.name}: {options.count - failures} of {options.count} posted")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
