from pyorpc.benchmark.pipes.flood import Flood


def test_a_flood_echoes_and_flows() -> None:
    flood = Flood()
    assert flood.Ping(3) == 3
    content = flood.Flow(4)
    assert [content.Pull(3) for _ in range(3)] == [b"\0\0\0", b"\0", b"\0\0\0"]
