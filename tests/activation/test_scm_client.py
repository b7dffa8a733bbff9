"""Finding the SCM, and starting one: tests/processes/test_scm.py has the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pyorpc import HRESULT, Catalog, ComError, Runtime
from pyorpc.activation.coclass import record_of
from pyorpc.context.thread_state import thread_state
from pyorpc.ids import Clsid
from pyorpc.settings import Settings
from tests.support.class_server import ServedX, activations_end
from tests.support.probe_idl import IProbe

X = record_of(ServedX).clsid


@pytest.fixture(autouse=True)
def _nothing_is_left(home: Path) -> Iterator[None]:
    with activations_end(home):
        yield


def test_no_scm_is_started_for_a_class_that_nobody_has(home: Path) -> None:
    with Runtime() as runtime, runtime.enter_apartment():
        client = runtime.activation.scm
        assert client.create_instance(Clsid(X), IProbe, None, thread_state()) is None
        assert client.class_object(Clsid(X), IProbe, None, thread_state()) is None
        assert client.seat.holder() is None
        assert not (home / "log").exists()


def test_an_scm_that_cannot_start_tells_where_to_look(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalog() as catalog:
        catalog.register_local_server(X, ["/bin/true"])
    monkeypatch.setenv("PYORPC_GRACE_S", "nonsense")
    with Runtime(Settings(home=home)) as runtime, runtime.enter_apartment():
        with pytest.raises(ComError, match=r"scm\.log") as failed:
            runtime.activation.scm.create_instance(X, IProbe, None, thread_state())
        assert failed.value.hresult == HRESULT.CO_E_SERVER_EXEC_FAILURE
        assert "PYORPC_GRACE_S" in (home / "log" / "scm.log").read_text()
