"""Where an activation finds its class: near, in a server, in the catalog, at a host."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, REGCLS, Catalog, ComError, Runtime
from pyorpc.activation.catalog import CatalogEntry
from pyorpc.activation.class_factory import ClassFactory
from pyorpc.activation.coclass import record_of
from pyorpc.remoting.proxy import InterfaceProxy
from tests.support.apartment_thread import ApartmentThread
from tests.support.class_server import ServedX, activations_end
from tests.support.probe import in_apartment
from tests.support.probe_classes import ProbeApartment, ProbeBoth, ProbeCounted
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
INPROC, LOCAL = CLSCTX.INPROC_SERVER, CLSCTX.LOCAL_SERVER
X = record_of(ServedX).clsid


@pytest.fixture(autouse=True)
def _nothing_is_left(home: Path) -> Iterator[None]:
    with activations_end(home):
        yield


@pytest.fixture
def registered_in_process() -> Iterator[None]:
    pyorpc.register_inproc_class(ServedX)
    yield
    pyorpc.unregister_inproc_class(ServedX)


@pytest.mark.usefixtures("registered_in_process")
@pytest.mark.parametrize("name", [X, str(X), f"{{{X}}}".upper(), "Served.X", "served.x", ServedX])
def test_a_class_has_several_names(name: pyorpc.Guid | str | type) -> None:
    with in_apartment(STA):
        assert type(pyorpc.create_instance(name, IProbe)) is ServedX


def test_a_class_given_itself_needs_no_registration() -> None:
    with in_apartment(STA):
        assert type(pyorpc.create_instance(ProbeBoth, IProbe)) is ProbeBoth


@pytest.mark.usefixtures("registered_in_process")
def test_what_the_apartment_has_registered_comes_first() -> None:
    with in_apartment(STA):
        pyorpc.register_class_object(X, ProbeBoth, INPROC)
        assert type(pyorpc.create_instance(X, IProbe)) is ProbeBoth


def test_local_server_means_a_server_even_if_that_is_this_process() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as a, runtime.enter_apartment(STA):
        a.run(pyorpc.register_class_object, ProbeApartment, ProbeApartment, LOCAL)
        near = pyorpc.create_instance(ProbeApartment, IProbe)
        assert type(near) is ProbeApartment
        far = pyorpc.create_instance(ProbeApartment, IProbe, LOCAL)
        assert isinstance(far, InterfaceProxy)
        assert far.ThreadId() == a.ident


def test_the_catalog_names_code_that_may_run_in_process(tmp_path: Path) -> None:
    (tmp_path / "catalogued.py").write_text(
        "from tests.support.probe_classes import ProbeBoth as Board\n"
    )
    clsid = record_of(ProbeBoth).clsid
    entry = CatalogEntry(
        clsid=clsid, progid="A.B", implementation="catalogued:Board", directory=str(tmp_path)
    )
    with Catalog() as catalog, in_apartment(STA):
        catalog.register(entry)
        try:
            for name in (clsid, "a.b"):
                assert type(pyorpc.create_instance(name, IProbe, INPROC)) is ProbeBoth
                assert type(pyorpc.create_instance(name, IProbe)) is ProbeBoth
            with pytest.raises(ComError) as failed:
                pyorpc.create_instance(clsid, IProbe, LOCAL)
            assert failed.value.hresult == HRESULT.REGDB_E_CLASSNOTREG
        finally:
            sys.path.remove(str(tmp_path))


def test_a_server_in_the_catalog_is_no_code_for_this_process() -> None:
    with Catalog() as catalog, in_apartment(STA):
        catalog.register_local_server(X, ["/bin/false"])
        with pytest.raises(ComError) as failed:
            pyorpc.create_instance(X, IProbe, INPROC)
    assert failed.value.hresult == HRESULT.REGDB_E_CLASSNOTREG


def test_an_unknown_progid() -> None:
    with in_apartment(STA), pytest.raises(ComError) as failed:
        pyorpc.create_instance("No.Such.Class", IProbe)
    assert failed.value.hresult == HRESULT.CO_E_CLASSSTRING


def test_a_refused_registration_exports_nothing() -> None:
    with in_apartment(STA) as runtime:
        pyorpc.register_class_object(X, ProbeBoth, LOCAL, REGCLS.SINGLEUSE)
        before = len(runtime.exporter.managers())
        factory = ClassFactory(ProbeBoth)
        with pytest.raises(ComError):
            pyorpc.register_class_object(X, factory, LOCAL, REGCLS.SINGLEUSE)
        assert len(runtime.exporter.managers()) == before


def test_the_home_knows_what_this_process_serves() -> None:
    with Runtime() as runtime:
        with runtime.enter_apartment(STA):
            cookie = pyorpc.register_class_object(X, ServedX, LOCAL)
            (listener,) = runtime.activation.door.servers.servers()
            assert (listener.pid, listener.classes) == (os.getpid(), (str(X),))
            pyorpc.revoke_class_object(cookie)
            assert runtime.activation.door.servers.servers() == []
            pyorpc.register_class_object(X, ServedX, LOCAL)
        assert runtime.activation.door.servers.servers() == []


def test_an_activation_that_is_over_does_not_keep_the_process() -> None:
    with in_apartment(STA):
        pyorpc.register_class_object(ProbeCounted, ProbeCounted, LOCAL)
        made = pyorpc.create_instance(ProbeCounted, IProbe, LOCAL)
        assert made.Add(0, 0) == 1  # what its constructor was told
        assert pyorpc.release_server_process() == 0
