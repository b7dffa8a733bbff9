from __future__ import annotations

from tests.midl.compiling import IMPORT, Folder, interface

ASYNC = ", async_uuid(7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9b99)"


def test_the_tables_have_begin_and_finish_of_every_slot(folder: Folder) -> None:
    module = folder.module(IMPORT + interface("HRESULT F([in] long a); HRESULT G();", ASYNC))
    stub = module.AsyncIThingStub
    assert stub.CALL is module.AsyncIThing
    assert list(stub.BEGIN) == list(stub.FINISH) == list(module.IThingStub.METHODS)
    assert module.IThingStub.FOR_CALL_FACTORIES is stub


def test_begin_passes_the_ins_and_finish_packs_the_outs(folder: Folder) -> None:
    body = "HRESULT F([in] IThing *a, [in, out] long *b, [out, retval] IThing **c);"
    text = folder.module_text(IMPORT + interface(body, ASYNC))
    assert "        call.Begin_F(a, b)\n" in text
    assert "        b, c = self._result(call.Finish_F())\n" in text


def test_finish_has_the_sizes_and_the_iids_that_the_outs_need(folder: Folder) -> None:
    body = (
        "HRESULT F([in] long k, [in] REFIID riid, [out, iid_is(riid)] void **p);"
        "HRESULT G([in] long n, [out, size_is(n)] byte *data);"
    )
    text = folder.module_text(IMPORT + interface(body, ASYNC))
    assert "        riid = interface_for(args[1])\n" in text
    assert "        n = args[0]\n" in text
    assert "k = args[0]" not in text


def test_a_parameter_may_be_called_call(folder: Folder) -> None:
    text = folder.module_text(IMPORT + interface("HRESULT F([in] long call);", ASYNC))
    assert "        call_.Begin_F(call)\n" in text


def test_an_interface_without_methods_has_none(folder: Folder) -> None:
    text = folder.module_text(IMPORT + interface("", ASYNC))
    assert "AsyncIThingStub" not in text


def test_the_pipes_of_a_method_are_open_from_begin_to_finish(folder: Folder) -> None:
    body = "HRESULT F([in] pipe long a, [out] pipe long *b);"
    text = folder.module_text(IMPORT + interface(body, ASYNC))
    assert (
        "        with BeginPipes(self._channel) as pipes:\n"
        "            (a_ref,) = args\n"
        "            a = pipes.take(a_ref, _pipe_of_Long)\n"
        "            call.Begin_F(a)\n"
    ) in text
    assert (
        "        with CalleePipes(self._channel) as pipes:\n"
        "            b = self._result(call.Finish_F())\n"
        "            return pipes.give(b, _pipe_of_Long)\n"
    ) in text


def test_what_is_not_used_is_not_bound(folder: Folder) -> None:
    text = folder.module_text(IMPORT + interface("HRESULT F([in] pipe long a);", ASYNC))
    assert "        with CalleePipes(self._channel):\n            return call.Finish_F()\n" in text
