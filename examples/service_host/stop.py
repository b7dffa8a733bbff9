"""The host's administrator: `python stop.py digest_service` stops a service.

Calls the calendar all the time meanwhile, from another thread.
"""

from __future__ import annotations

import sys
import threading

from service_host_idl import (
    CLSID_Calendar,
    CLSID_Digest,
    CLSID_ServiceHost,
    ICalendar,
    IDigest,
    IServiceHost,
)

import pyorpc
from pyorpc import ComError


class CalendarUser(threading.Thread):
    """Asks for one month after the other until `finish`."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = 0
        self._finishing = threading.Event()

    def run(self) -> None:
        with pyorpc.enter_apartment():
            calendar = pyorpc.create_instance(CLSID_Calendar, ICalendar)
            while not self._finishing.is_set():
                calendar.Month(2026, 11)
                self.answers += 1

    def finish(self) -> None:
        self._finishing.set()
        self.join()


def main() -> None:
    name = sys.argv[1]
    with pyorpc.enter_apartment():
        host = pyorpc.create_instance(CLSID_ServiceHost, IServiceHost)
        calendar_user = CalendarUser()
        calendar_user.start()
        before = calendar_user.answers
        remains = host.StopService(name)
        after = calendar_user.answers
        calendar_user.finish()
        print(f"{name}: in sys.modules: {remains.is_imported}, in memory: {remains.is_alive}")
        print(f"the calendar answered {after - before} times meanwhile")
        try:
            pyorpc.create_instance(CLSID_Digest, IDigest)
        except ComError as error:
            print(f"a new object: {error.hresult}")


if __name__ == "__main__":
    main()
