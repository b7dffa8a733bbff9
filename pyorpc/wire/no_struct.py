"""What is passed where a struct or union is wanted, and is none. Pure."""

from __future__ import annotations

from pyorpc.errors import HRESULT, ComError


def no_struct(value: object, wanted: type, error: Exception) -> ComError:
    """What packing a struct ends with that lacks a field: it is null, or something else."""
    if value is None:
        text = f"None where {wanted.__name__} is wanted: its pointer must not be null"
        return ComError(HRESULT.RPC_X_NULL_REF_POINTER, text, executed="no")
    text = f"{value!r:.60} is no {wanted.__name__}"
    if isinstance(value, wanted):
        text = f"{wanted.__name__}: a field is not what the IDL says: {error}"
    return ComError(HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, text, executed="no")


def too_deep(wanted: type) -> ComError:
    """What packing a struct ends with that holds itself, or too many of its kind in each other."""
    text = f"{wanted.__name__}: structs are nested too deep in each other, or in a cycle"
    return ComError(HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, text, executed="no")
