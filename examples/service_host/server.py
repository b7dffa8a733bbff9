"""The host of two services: `python server.py`, and Ctrl-C to end it.

Each service has a context of its own, so that it can be taken from its clients as one and unloaded,
while the process and the other service go on.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import signal
import sys
import threading
import weakref

from service_host_idl import CLSID_ServiceHost, IServiceHost, Remains

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, ThreadingModel, coclass


class HostedService:
    """A module with a `@coclass` class named Service, and the context that its objects live in."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._context = pyorpc.create_context()
        # Objects are born in the context in which their class object was registered.
        self._cookie = self._context.run(self._register)

    def _register(self) -> int:
        module = importlib.import_module(self.name)
        self._witnesses = weakref.ref(module), weakref.ref(module.Service)
        return pyorpc.register_class_object(module.Service, module.Service)

    def stop(self) -> Remains:
        self._context.run(self._disconnect)
        del sys.modules[self.name]
        gc.collect()  # a class and its methods refer to each other
        return Remains(
            is_imported=self.name in sys.modules,
            is_alive=any(witness() is not None for witness in self._witnesses),
        )

    def _disconnect(self) -> None:
        pyorpc.revoke_class_object(self._cookie)  # nobody gets new objects
        # New calls are refused now; what runs may finish, and then the objects are let go. Clients
        # are left with proxies that answer RPC_E_DISCONNECTED.
        pyorpc.disconnect_context()


RUNNING: dict[str, HostedService] = {}


@coclass(CLSID_ServiceHost, threading_model=ThreadingModel.FREE)
class ServiceHost(IServiceHost):
    """Lives in the default context: a call cannot disconnect the context that it runs in."""

    def StopService(self, name: str) -> Remains:
        service = RUNNING.pop(name, None)
        if service is None:
            raise ComError(HRESULT.E_INVALIDARG, f"no service {name!r} is running")
        return service.stop()


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the same as Ctrl-C
    with pyorpc.enter_apartment(COINIT.MULTITHREADED), contextlib.suppress(KeyboardInterrupt):
        for name in ("calendar_service", "digest_service"):
            RUNNING[name] = HostedService(name)
        pyorpc.register_class_object(ServiceHost, ServiceHost)
        print(f"hosting {' and '.join(RUNNING)}; Ctrl-C ends it", flush=True)
        threading.Event().wait()  # the calls run on the MTA's threads


if __name__ == "__main__":
    main()
