import pytest

from pyorpc.benchmark.peer_process import PeerProcess
from pyorpc.wire.objref import Tower, unpack

pytestmark = pytest.mark.processes


@pytest.mark.parametrize(("transport", "schemes"), [("ipc", {"ipc"}), ("tcp", {"ipc", "tcp"})])
def test_the_server_says_where_its_object_is(transport: str, schemes: set[str]) -> None:
    peer = PeerProcess("-m", "pyorpc.benchmark.calls.server", "STA", transport)
    try:
        ref = unpack(bytes.fromhex(peer.ready_line()))
    finally:
        peer.close()

    assert {each.partition(":")[0] for each in ref.addresses(Tower.APARTMENT)} == schemes
