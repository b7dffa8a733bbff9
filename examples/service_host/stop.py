"""The host's administrator: `python stop.py` stops the digest service.

Uses the calendar all the time meanwhile, from another thread.
"""

from __future__ import annotations

import sysconfig
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
    """Asks for a month again and again, until it is told to finish."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = 0
        self.has_begun = threading.Event()
        self._finishing = threading.Event()

    def run(self) -> None:
        with pyorpc.enter_apartment():
            calendar = pyorpc.create_instance(CLSID_Calendar, ICalendar)
            while not self._finishing.is_set():
                calendar.Month(2026, 11)
                self.answers += 1
                self.has_begun.set()

    def finish(self) -> None:
        self._finishing.set()
        self.join()


def stop_digest_service(host: IServiceHost) -> None:
    calendar_user = CalendarUser()
    calendar_user.start()
    calendar_user.has_begun.wait()
    before = calendar_user.answers
    remains = host.StopService("digest_service")
    after = calendar_user.answers
    calendar_user.finish()
    print(f"its module: in sys.modules: {remains.is_imported}, in memory: {remains.is_alive}")
    print(f"the calendar answered {after - before} times meanwhile")


def main() -> None:
    with pyorpc.enter_apartment():
        host = pyorpc.create_instance(CLSID_ServiceHost, IServiceHost)
        digest = pyorpc.create_instance(CLSID_Digest, IDigest)
        stop_digest_service(host)
        try:
            digest.Tree(sysconfig.get_path("stdlib"))
        except ComError as error:
            print(f"an object that a client holds: {error.hresult}")


if __name__ == "__main__":
    main()
