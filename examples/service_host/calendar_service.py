"""The calendar service. Its host imports it, and unloads it again."""

from __future__ import annotations

import calendar

from service_host_idl import CLSID_Calendar, ICalendar

from pyorpc import ThreadingModel, coclass


@coclass(CLSID_Calendar, threading_model=ThreadingModel.FREE)
class Service(ICalendar):
    def Month(self, year: int, month: int) -> str:
        return calendar.TextCalendar().formatmonth(year, month)
