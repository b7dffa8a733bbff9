from __future__ import annotations

import os
import select
from collections.abc import Generator
from typing import BinaryIO

import pytest

from pyorpc import HRESULT, ComError
from pyorpc.apartment.descriptor import Descriptor, DescriptorSet


@pytest.fixture
def pipe() -> Generator[tuple[BinaryIO, BinaryIO]]:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", 0) as source, os.fdopen(writing, "wb", 0) as sink:
        yield source, sink


def is_readable(source: DescriptorSet) -> bool:
    return bool(select.select([source], [], [], 0)[0])


def test_it_is_signalled_while_it_is_readable(pipe: tuple[BinaryIO, BinaryIO]) -> None:
    source, sink = pipe
    descriptor = Descriptor(source)
    assert not descriptor.is_signalled
    sink.write(b"x")
    assert descriptor.is_signalled
    source.read(1)
    assert not descriptor.is_signalled
    sink.close()
    assert descriptor.is_signalled  # at its end


def test_one_that_is_closed_is_refused_at_once_or_at_the_next_look(
    pipe: tuple[BinaryIO, BinaryIO],
) -> None:
    source, _ = pipe
    descriptor = Descriptor(source)
    source.close()
    for look in (lambda: descriptor.is_signalled, lambda: Descriptor(source)):
        with pytest.raises(ComError) as caught:
            look()
        assert caught.value.hresult == HRESULT.E_INVALIDARG


def test_a_set_reports_each_once_until_it_is_armed_again(
    pipe: tuple[BinaryIO, BinaryIO],
) -> None:
    source, sink = pipe
    descriptor = Descriptor(source)
    descriptors = DescriptorSet([descriptor, Descriptor(source)])
    assert descriptors.arm() == set()
    assert not is_readable(descriptors)
    sink.write(b"x")
    assert is_readable(descriptors)
    descriptors.drain()
    assert not is_readable(descriptors)
    assert descriptors.arm() == {descriptor.number}  # readable: nothing to report
    assert not is_readable(descriptors)
    source.read(1)
    assert descriptors.arm() == set()
    sink.write(b"x")
    assert is_readable(descriptors)
    descriptors.close()
