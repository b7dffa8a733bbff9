"""MSH: packets of several kinds of one object, of proxies, and after their time."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, MSHLFLAGS, IUnknown, Runtime
from tests.support.apartment_thread import ApartmentThread
from tests.support.failures import failure_of
from tests.support.hand_packets import Connected, new_packet, packet_of, take
from tests.support.probe import Probe, alive, in_apartment
from tests.support.probe_idl import INobody, IProbe, IProbeMore

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
NORMAL, STRONG, WEAK = MSHLFLAGS.NORMAL, MSHLFLAGS.TABLESTRONG, MSHLFLAGS.TABLEWEAK
GONE, UNKNOWN = HRESULT.CO_E_OBJNOTCONNECTED, HRESULT.CO_E_OBJNOTREG

Threads = tuple[ApartmentThread, ApartmentThread]


@pytest.fixture(params=[STA, MTA], ids=["client STA", "client MTA"])
def threads(request: pytest.FixtureRequest) -> Generator[Threads]:
    """The object's home, and another apartment."""
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as host,
        ApartmentThread(runtime, request.param) as client,
    ):
        yield host, client


def release(packet: bytes) -> None:
    pyorpc.release_marshal_data(packet)


def give_up(client: ApartmentThread, pointer: IProbe) -> None:
    client.run(pyorpc.release, pointer)


def new_packets(*kinds: MSHLFLAGS) -> list[bytes]:
    """Of one probe that nobody else holds."""
    probe = Probe()
    return [packet_of(probe, kind) for kind in kinds]


def test_a_weak_packet_keeps_its_object_until_the_first_clients_have_gone(threads: Threads) -> None:
    host, client = threads
    before = alive()
    packet = host.run(new_packet, WEAK)
    assert alive() == before + 1
    first, second = client.run(take, packet), client.run(take, packet)
    give_up(client, first)
    assert client.run(second.Add, 1, 2) == 3
    give_up(client, second)
    assert alive() == before
    assert client.run(failure_of, take, packet) == UNKNOWN
    assert host.run(failure_of, take, packet) == GONE
    assert host.run(failure_of, release, packet) == GONE


@pytest.mark.parametrize("kind", [WEAK, STRONG])
def test_a_table_packet_that_is_released_names_its_object_while_clients_keep_it(
    threads: Threads, kind: MSHLFLAGS
) -> None:
    host, client = threads
    before = alive()
    packet = host.run(new_packet, kind)
    pointer = client.run(take, packet)
    host.run(release, packet)
    assert client.run(pointer.Add, 1, 2) == 3
    assert client.run(take, packet) is pointer
    assert isinstance(host.run(take, packet), Probe)
    host.run(int)  # it forgets what it had
    assert client.run(failure_of, release, packet) == GONE
    for _ in range(2):
        assert alive() == before + 1
        give_up(client, pointer)
    assert alive() == before
    assert client.run(failure_of, take, packet) == UNKNOWN
    assert host.run(failure_of, take, packet) == GONE


def test_a_weak_packet_that_is_released_unused_frees_its_object(threads: Threads) -> None:
    host, client = threads
    before = alive()
    for first in (host, client):  # any thread may release it
        packets = host.run(new_packets, WEAK, WEAK)
        first.run(release, packets[0])
        assert alive() == before + 1
        host.run(release, packets[1])
        assert alive() == before
        assert client.run(failure_of, take, packets[0]) == UNKNOWN


@pytest.mark.parametrize("is_unmarshaled", [True, False])
def test_a_weak_packet_falls_with_the_last_normal_one(
    threads: Threads, is_unmarshaled: bool
) -> None:
    host, client = threads
    before = alive()
    weak, normal = host.run(new_packets, WEAK, NORMAL)
    through_weak = client.run(take, weak)
    if is_unmarshaled:
        through_normal = client.run(take, normal)
        assert through_normal is through_weak
        give_up(client, through_normal)
    else:
        host.run(release, normal)
    assert client.run(through_weak.Add, 1, 2) == 3
    give_up(client, through_weak)
    assert alive() == before
    assert client.run(failure_of, take, weak) == UNKNOWN


def test_a_strong_packet_keeps_what_a_weak_one_would_lose(threads: Threads) -> None:
    host, client = threads
    before = alive()
    weak, strong = host.run(new_packets, WEAK, STRONG)
    for packet in (weak, strong, weak):
        give_up(client, client.run(take, packet))
    host.run(release, weak)
    pointer = client.run(take, strong)
    client.run(release, strong)
    assert alive() == before + 1
    give_up(client, pointer)
    assert alive() == before


def test_two_strong_packets_are_two(threads: Threads) -> None:
    host, client = threads
    before = alive()
    one, other = host.run(new_packets, STRONG, STRONG)
    host.run(release, one)
    assert alive() == before + 1
    give_up(client, client.run(take, other))
    host.run(release, other)
    assert alive() == before
    assert host.run(failure_of, take, one) == host.run(failure_of, take, other) == GONE


def test_a_spent_normal_packet_cannot_be_released(threads: Threads) -> None:
    host, client = threads
    packet = host.run(new_packet)
    pointer = client.run(take, packet)
    for thread in threads:
        assert thread.run(failure_of, release, packet) == GONE
    assert client.run(pointer.Add, 1, 2) == 3


def test_a_packet_of_a_proxy_outlives_the_proxy(threads: Threads) -> None:
    host, client = threads
    before = alive()
    pointer = client.run(take, host.run(new_packet))
    packets = [client.run(packet_of, pointer) for _ in range(8)]  # more than it has references
    give_up(client, pointer)
    for packet in packets[:4]:
        host.run(release, packet)
    assert alive() == before + 1
    assert isinstance(host.run(take, packets[4]), Probe)
    again = [client.run(take, packet) for packet in packets[5:]]
    for pointer in again:
        assert client.run(pointer.Add, 1, 2) == 3
        give_up(client, pointer)
    host.run(int)  # it forgets what it had
    assert alive() == before
    assert client.run(failure_of, take, packets[0]) == GONE


def test_a_strong_packet_of_a_proxy_keeps_the_object(threads: Threads) -> None:
    host, client = threads
    before = alive()
    pointer = client.run(take, host.run(new_packet))
    packet = client.run(packet_of, pointer, STRONG)
    give_up(client, pointer)
    assert alive() == before + 1
    give_up(client, client.run(take, packet))
    assert alive() == before + 1
    client.run(release, packet)
    assert alive() == before


def test_a_weak_packet_of_a_proxy_does_not(threads: Threads) -> None:
    host, client = threads
    before = alive()
    pointer = client.run(take, host.run(new_packet))
    packet = client.run(packet_of, pointer, WEAK)
    assert client.run(take, packet) is pointer
    give_up(client, pointer)
    give_up(client, pointer)
    assert alive() == before
    assert client.run(failure_of, take, packet) == UNKNOWN


def test_a_packet_is_good_for_every_interface_of_its_object(threads: Threads) -> None:
    host, client = threads
    before = alive()
    packet = host.run(lambda: pyorpc.marshal_interface(Probe(), IProbeMore, MSHCTX.INPROC))
    pointer = client.run(take, packet)
    assert client.run(pointer.Add, 1, 2) == 3
    packet = client.run(pyorpc.marshal_interface, pointer, IUnknown, MSHCTX.INPROC)
    assert client.run(take, packet) is pointer
    refused = host.run(new_packet)
    failure = client.run(failure_of, pyorpc.unmarshal_interface, refused, INobody)
    assert failure == HRESULT.E_NOINTERFACE
    for _ in range(2):
        give_up(client, pointer)
    assert client.run(failure_of, take, refused) == GONE  # it was used up
    assert alive() == before


@pytest.mark.parametrize("kind", [STRONG, WEAK])
def test_a_table_packet_at_home_is_the_object_as_often_as_one_likes(kind: MSHLFLAGS) -> None:
    with in_apartment(STA):
        before = alive()
        probes = [Probe()]
        packet = packet_of(probes[0], kind)
        for _ in range(3):
            assert take(packet) is probes[0]
        release(packet)
        assert failure_of(release, packet) == failure_of(take, packet) == GONE
        probes.clear()
        assert alive() == before


def test_packets_end_with_the_apartment_of_their_object() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, MTA) as client:
        before = alive()
        with ApartmentThread(runtime, STA) as host:
            packets = [host.run(new_packet, kind) for kind in (NORMAL, STRONG, WEAK)]
            packets.append(host.run(lambda: pyorpc.marshal_interface(Probe(), IProbe)))
        assert alive() == before
        failures = [client.run(failure_of, take, packet) for packet in packets]
        assert failures == [GONE, UNKNOWN, UNKNOWN, GONE]
        for packet in packets:
            assert client.run(failure_of, release, packet) == GONE


@pytest.mark.parametrize("kind", [NORMAL, STRONG, WEAK])
def test_packets_end_when_their_object_is_disconnected(threads: Threads, kind: MSHLFLAGS) -> None:
    host, client = threads
    probe = Probe()
    packet = host.run(packet_of, probe, kind)
    host.run(pyorpc.disconnect_object, probe)
    away = GONE if kind is NORMAL else UNKNOWN
    assert client.run(failure_of, take, packet) == away
    assert host.run(failure_of, take, packet) == GONE
    assert host.run(failure_of, release, packet) == GONE
    assert host.run(take, host.run(packet_of, probe)) is probe  # it can be marshaled afresh


def test_what_an_object_that_counts_its_connections_hears_of_table_packets() -> None:
    add, closing = ("add", 1), ("release", 1, True)
    with in_apartment(STA):
        probe = Connected()
        strong = packet_of(probe, STRONG)
        assert take(strong) is probe
        assert probe.told == [add]
        release(strong)
        assert probe.told == [add, closing]
        probe = Connected()
        weak = packet_of(probe, WEAK)
        assert take(weak) is probe
        release(weak)
        assert ("release", 1, True) not in probe.told


@pytest.mark.parametrize("home", [STA, MTA])
def test_an_object_whose_apartment_ends_hears_that_it_was_not_its_last_client(home: COINIT) -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as client:
        probe = Connected()
        with ApartmentThread(runtime, home) as host:
            pointer = client.run(take, host.run(packet_of, probe))
        assert probe.told == [("add", 1), ("release", 1, False)]
        give_up(client, pointer)


def test_an_object_that_counts_its_connections_stays_with_its_weak_packet(threads: Threads) -> None:
    """It decides for itself what its last client's end means."""
    host, client = threads
    before = alive()
    told: list[Any] = []

    def marshal() -> bytes:
        probe = Connected()
        probe.told = told
        return packet_of(probe, WEAK)

    packet = host.run(marshal)
    for rounds in (1, 2):
        pointer = client.run(take, packet)
        assert client.run(pointer.Add, 1, 2) == 3  # it has been told by then
        give_up(client, pointer)
        assert told == [("add", 1), ("release", 1, True)] * rounds
        assert alive() == before + 1
    host.run(release, packet)
    assert alive() == before


def test_a_packet_cut_off_anywhere_is_a_read_fault() -> None:
    with in_apartment(STA):
        packet = new_packet()
        for length in range(len(packet)):
            for use in (take, release):
                assert failure_of(use, packet[:length]) == HRESULT.STG_E_READFAULT
        release(packet + b"what follows is another's")
