"""MSH: interface pointers inside VARIANTs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, VT, Runtime, SafeArray, Variant
from tests.support.apartment_thread import ApartmentThread
from tests.support.failures import failure_of
from tests.support.kinds import Kinds
from tests.support.kinds_idl import Bag, IKinds
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def test_MSH_21_pointers_inside_variants() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as host, runtime.enter_apartment(MTA):
        packet = host.run(pyorpc.marshal_interface, Kinds(), IKinds, MSHCTX.INPROC)
        proxy = pyorpc.unmarshal_interface(packet, IKinds)
        mine = Kinds()
        null = Variant(VT.UNKNOWN, None)
        assert proxy.Value(null)[1] == null
        assert proxy.Value(mine)[1] is mine
        back = proxy.Value([mine, null, proxy, [mine]])[1]
        assert [back[0], back[1], back[3]] == [mine, null, [mine]]
        assert back[2] == proxy
        bag = Bag("", mine, Decimal(0), datetime(2026, 1, 1), 2, [proxy, mine])
        assert proxy.Bags(bag, SafeArray([mine], 1, VT.UNKNOWN)) == (bag, [mine])
        assert failure_of(proxy.Value, [mine, {}]) == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
        assert failure_of(proxy.Several, 3, [mine, mine]) == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
        assert failure_of(proxy.Value, ["fail", mine]) == HRESULT.E_FAIL
        exporter = runtime.exporter
        wait_until(lambda: exporter.manager_of(mine) is None, "no call keeps a reference")
