"""A client of both services: `python client.py alice` calls until one of them is taken away."""

from __future__ import annotations

import sys
import sysconfig

from service_host_idl import CLSID_Calendar, CLSID_Digest, ICalendar, IDigest

import pyorpc
from pyorpc import DisconnectedError


def main() -> None:
    name = sys.argv[1]
    folder = sysconfig.get_path("stdlib") + "/email"
    with pyorpc.enter_apartment():
        calendar = pyorpc.create_instance(CLSID_Calendar, ICalendar)
        digest = pyorpc.create_instance(CLSID_Digest, IDigest)
        count = 0
        try:
            while True:
                first = digest.Tree(folder)
                count += 1
                if count == 1:
                    print(f"{name}: email has the digest {first[:16]}...", flush=True)
        except DisconnectedError as error:
            print(f"{name}: {count} digests, then {error.hresult}")
        months = [calendar.Month(2026, month) for month in range(1, 13)]
        print(f"{name}: the calendar goes on; {len(months)} months")


if __name__ == "__main__":
    main()
