from __future__ import annotations

import inspect

from tests.midl.compiling import IMPORT, Folder, interface


def test_an_awaitable_has_every_method_of_the_bases_as_a_coroutine(folder: Folder) -> None:
    derived = interface("HRESULT G();", name="IMore", number=2).replace(": IUnknown", ": IThing")
    module = folder.module(IMPORT + interface("HRESULT F();") + derived)
    for name in ("F", "G"):
        assert inspect.iscoroutinefunction(getattr(module.IMoreAwaitable, name))


def test_pointers_are_converted_on_both_ways(folder: Folder) -> None:
    body = "HRESULT F([in] IThing *a, [out, retval] IThing **b);"
    text = folder.module_text(IMPORT + interface(body))
    assert (
        "    async def F(self, a: IThing | None) -> IThing | None:\n"
        "        a_ref = self._channel.marshal(a, IThing)\n"
        "        b_ref = await self._call(_IThing_F, (a_ref,))\n"
        "        return self._channel.unmarshal(b_ref, IThing)\n"
    ) in text


def test_an_interface_of_local_methods_has_an_empty_awaitable(folder: Folder) -> None:
    text = folder.module_text(IMPORT + interface("[local] HRESULT F();"))
    assert "class IThingAwaitable(InterfaceAwaitable[IThing]):\n    pass\n" in text


def test_a_method_with_pipes_enters_them_around_the_awaited_call(folder: Folder) -> None:
    body = "HRESULT F([in] pipe long a, [out] pipe long *b);"
    text = folder.module_text(IMPORT + interface(body))
    assert (
        "    async def F(self, a: Pipe[list[int]]) -> Pipe[list[int]]:\n"
        "        with CallerPipes(self._channel) as pipes:\n"
        "            a_ref = pipes.give(a, _pipe_of_Long)\n"
        "            b_ref = await self._call(_IThing_F, (a_ref,))\n"
        "            return pipes.take(b_ref, _pipe_of_Long)\n"
    ) in text
