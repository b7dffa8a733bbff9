"""A caller: `python caller.py NAME LINES` announces so many lines."""

from __future__ import annotations

import sys

from asyncio_service_idl import CLSID_Announcer, IAnnouncer

import pyorpc


def main() -> None:
    name, lines = sys.argv[1], int(sys.argv[2])
    with pyorpc.enter_apartment():
        announcer = pyorpc.get_active_object(CLSID_Announcer, IAnnouncer)
        for number in range(lines):
            announcer.Announce(f"{name} {number}")
        count, _ = announcer.Listeners()  # it comes after all that this thread announced
        print(f"{name} announced {lines} lines to {count} listeners")


if __name__ == "__main__":
    main()
