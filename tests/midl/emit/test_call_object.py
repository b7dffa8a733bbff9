from __future__ import annotations

from tests.midl.compiling import IMPORT, Folder, interface

ASYNC = ", async_uuid(7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9b99)"


def test_begin_takes_the_ins_and_finish_gives_the_outs(folder: Folder) -> None:
    body = "HRESULT F([in] long a, [in, out] BSTR *b, [out, retval] double *c);"
    text = folder.module_text(IMPORT + interface(body, ASYNC))
    assert "    def Begin_F(self, a: int, b: str) -> None:\n" in text
    assert "    def Finish_F(self) -> tuple[str, float]:\n" in text


def test_begin_keeps_the_iid_that_finish_needs(folder: Folder) -> None:
    body = "HRESULT F([in] REFIID riid, [out, iid_is(riid), retval] void **p);"
    text = folder.module_text(IMPORT + interface(body, ASYNC))
    assert "    _F_riid: type[IUnknown] | Guid\n" in text
    assert "        self._F_riid = riid\n" in text
    assert "        return self._channel.unmarshal(p_ref, self._F_riid)\n" in text


def test_the_call_object_knows_its_synchronous_interface(folder: Folder) -> None:
    module = folder.module(IMPORT + interface("HRESULT F();", ASYNC))
    assert module.AsyncIThing.SYNC is module.IThing
    assert str(module.AsyncIThing.IID) == "7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9b99"


def test_an_interface_without_methods_has_an_empty_call_object(folder: Folder) -> None:
    assert "class AsyncIThingProxy(CallObject, AsyncIThing):\n    pass\n" in folder.module_text(
        IMPORT + interface("", ASYNC)
    )
