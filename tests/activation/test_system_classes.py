from __future__ import annotations

import pytest

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, ComError, ISynchronize, Runtime
from pyorpc.activation.system_classes import SYSTEM_CLASSES


def test_a_process_has_them_unregistered() -> None:
    with Runtime() as runtime, runtime.enter_apartment(COINIT.APARTMENTTHREADED):
        for clsid, implementation in SYSTEM_CLASSES.items():
            made = pyorpc.create_instance(clsid, pyorpc.IUnknown, CLSCTX.INPROC_SERVER)
            assert isinstance(made, implementation)


def test_they_cannot_be_taken_away() -> None:
    with pytest.raises(ComError) as caught:
        pyorpc.unregister_inproc_class(pyorpc.CLSID_ManualResetEvent)
    assert caught.value.hresult == HRESULT.REGDB_E_CLASSNOTREG


def test_a_class_of_the_users_goes_before_one_of_them() -> None:
    @pyorpc.coclass(pyorpc.CLSID_ManualResetEvent)
    class Mine(ISynchronize):
        pass

    pyorpc.register_inproc_class(Mine)
    try:
        with Runtime() as runtime, runtime.enter_apartment(COINIT.APARTMENTTHREADED):
            made = pyorpc.create_instance(pyorpc.CLSID_ManualResetEvent, ISynchronize)
            assert isinstance(made, Mine)
    finally:
        pyorpc.unregister_inproc_class(Mine)
