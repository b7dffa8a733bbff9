"""A kitchen as a trio program: each dish is a task, all of them on one thread."""

import trio
from trio_service_idl import CLSID_Kitchen, IGuest, IGuestAwaitable, IKitchen

from pyorpc import ThreadingModel, coclass
from pyorpc.trio import serve


@coclass(CLSID_Kitchen, "Example.Kitchen", ThreadingModel.APARTMENT)
class Kitchen(IKitchen):
    def __init__(self) -> None:
        self._on_stove = 0  # no lock: other methods enter at awaits, and only there

    async def Cook(  # type: ignore[override]  # the interface says what callers get
        self, dish: str, seconds: float, guest: IGuest | None
    ) -> None:
        assert guest is not None
        self._on_stove += 1
        try:
            await trio.sleep(seconds)
        except trio.Cancelled:
            print(f"kitchen: {dish} taken off the stove", flush=True)
            raise
        finally:
            self._on_stove -= 1
        await IGuestAwaitable(guest).Serve(dish)

    def OnStove(self) -> int:
        return self._on_stove


async def main() -> None:
    async with serve(Kitchen):
        print("kitchen: open", flush=True)
        await trio.sleep_forever()


if __name__ == "__main__":
    try:
        trio.run(main)
    except KeyboardInterrupt:
        print("kitchen: closed", flush=True)
