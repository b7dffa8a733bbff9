from pyorpc.benchmark.calls.packet import only_over
from pyorpc.ids import Guid, Iid, Ipid, Oid, Oxid
from pyorpc.wire.objref import Binding, ObjRef, Tower, unpack

IPC, TCP = Binding(Tower.APARTMENT, "ipc:///a"), Binding(Tower.APARTMENT, "tcp://127.0.0.1:1")
WHO = Binding(Tower.PROCESS_ID, "f" * 32)


def test_only_the_endpoints_of_one_transport_are_left() -> None:
    null = Guid(bytes(16))
    ref = ObjRef(Iid(null), 0, 5, Oxid(1), Oid(2), Ipid(null), (IPC, TCP, WHO))

    assert unpack(only_over("tcp", ref.pack())) == ref._replace(bindings=(TCP, WHO))
    assert unpack(only_over("ipc", ref.pack())) == ref._replace(bindings=(IPC, WHO))
