"""A client of both services: `python client.py alice` calls until one of them is taken away."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

from service_host_idl import CLSID_Calendar, CLSID_Digest, ICalendar, IDigest

import pyorpc
from pyorpc import DisconnectedError


def main() -> None:
    name = sys.argv[1]
    folder = str(Path(sysconfig.get_path("stdlib")) / "encodings")
    with pyorpc.enter_apartment():
        calendar = pyorpc.create_instance(CLSID_Calendar, ICalendar)
        digest = pyorpc.create_instance(CLSID_Digest, IDigest)
        count = 0
        try:
            while True:
                first = digest.Tree(folder)
                count += 1
                if count == 1:
                    print(f"{name}: the digest of encodings is {first[:16]}...", flush=True)
        except DisconnectedError as error:
            # CO_E_OBJNOTCONNECTED while running calls end, from then on RPC_E_DISCONNECTED.
            print(f"{name}: {count} digests, then {error.hresult}")
        months = [calendar.Month(2026, month) for month in range(1, 13)]
        print(f"{name}: the calendar goes on; {len(months)} months")


if __name__ == "__main__":
    main()
