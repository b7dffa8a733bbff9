from __future__ import annotations

from tests.midl.compiling import IMPORT, Folder, interface


def test_a_proxy_method_is_one_call(folder: Folder) -> None:
    text = folder.module_text(IMPORT + interface("HRESULT F([in] long a, [out, retval] BSTR *b);"))
    assert (
        "class IThingProxy(InterfaceProxy, IThing):\n"
        "    def F(self, a: int) -> str:\n"
        "        return self._call(_IThing_F, (a,))\n"
    ) in text


def test_only_what_is_converted_gets_a_variable(folder: Folder) -> None:
    body = "HRESULT F([in] IThing *a, [out] IThing **b, [out] long *c);"
    text = folder.module_text(IMPORT + interface(body))
    assert (
        "        a_ref = self._channel.marshal(a, IThing)\n"
        "        b_ref, c = self._call(_IThing_F, (a_ref,))\n"
        "        return self._channel.unmarshal(b_ref, IThing), c\n"
    ) in text


def test_a_proxy_is_known_to_its_interface(folder: Folder) -> None:
    module = folder.module(IMPORT + interface("HRESULT F();"))
    assert issubclass(module.IThingProxy, module.IThing)
