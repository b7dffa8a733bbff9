"""What a caller is told of where an object can be reached, cut down to one transport."""

from pyorpc.wire.objref import unpack


def only_over(transport: str, packet: bytes) -> bytes:
    """The packet without the endpoints of other transports."""
    ref = unpack(packet)
    kept = tuple(
        each
        for each in ref.bindings
        if "://" not in each.address or each.address.startswith(f"{transport}://")
    )
    return ref._replace(bindings=kept).pack()
