from __future__ import annotations

from tests.midl.compiling import IMPORT, Folder, interface


def test_a_stub_has_a_function_for_every_slot_of_the_bases_too(folder: Folder) -> None:
    derived = interface("HRESULT G();", name="IMore", number=2).replace(": IUnknown", ": IThing")
    module = folder.module(IMPORT + interface("HRESULT F();") + derived)
    assert sorted(module.IMoreStub.METHODS) == [3, 4]
    assert module.IMoreStub.METHODS[3][0] is module._IThing_F


def test_a_converted_result_is_freed_of_its_success_code_first(folder: Folder) -> None:
    text = folder.module_text(IMPORT + interface("HRESULT F([out, retval] IThing **a);"))
    assert (
        "        a = self._result(self._target.F())\n"
        "        return self._channel.marshal(a, IThing)\n"
    ) in text


def test_a_local_method_keeps_its_slot_and_has_no_function(folder: Folder) -> None:
    module = folder.module(IMPORT + interface("[local] HRESULT F(); HRESULT G();"))
    assert sorted(module.IThingStub.METHODS) == [4]


def test_an_iid_is_known_before_the_pointer_that_needs_it(folder: Folder) -> None:
    body = "HRESULT F([in, iid_is(riid)] IUnknown *p, [in] REFIID riid);"
    text = folder.module_text(IMPORT + interface(body))
    assert text.index("riid = interface_for(riid_iid)") < text.index(".unmarshal(p_ref, riid)")
