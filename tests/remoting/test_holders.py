"""Who holds objects. (By name and count, with processes: tests/functions/test_sight.py.)"""

from __future__ import annotations

import pyorpc
from pyorpc import COINIT, MSHCTX
from pyorpc.remoting.holders import holders_of_all
from tests.support.apartment_thread import ApartmentThread
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe, IProbeMore

MTA, STA = COINIT.MULTITHREADED, COINIT.APARTMENTTHREADED


def test_all_objects_are_listed_in_the_order_of_their_export() -> None:
    with in_apartment(MTA) as runtime:
        probes = [Probe() for _ in range(3)]
        for probe in probes:
            pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC)
        managers = runtime.exporter.managers()
        found = holders_of_all(runtime, reversed(managers))
        assert [each.oid for each in found] == [f"{each.oid:016x}" for each in managers]
        assert {(each.kind, each.count) for each in found} == {("packets", 5)}


def test_each_interface_has_its_own_record_and_packets_may_be_of_any() -> None:
    with in_apartment(MTA) as runtime, ApartmentThread(runtime, STA) as sta:
        probe = Probe()
        packet = pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC)
        proxy = sta.run(pyorpc.unmarshal_interface, packet, IProbe)
        more = sta.run(proxy.QueryInterface, IProbeMore)
        pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC)
        found = holders_of_all(runtime, runtime.exporter.managers())
        assert sorted((each.kind, each.interface, each.count) for each in found) == [
            ("apartment", "IProbe", 5),
            ("apartment", "IProbeMore", 5),
            ("packets", "IProbe, IProbeMore", 5),
        ]
        sta.run(pyorpc.release, more)
        sta.run(pyorpc.release, proxy)
