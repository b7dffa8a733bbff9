"""A guest as a trio program: three orders at once, over one connection; one is given up."""

import trio
from trio_service_idl import CLSID_Kitchen, IGuest, IKitchen, IKitchenAwaitable

import pyorpc
from pyorpc.trio import open_apartment


class Guest(IGuest):
    def Serve(self, dish: str) -> None:
        print(f"guest: got {dish}")


async def main() -> None:
    async with open_apartment():
        kitchen = IKitchenAwaitable(pyorpc.create_instance(CLSID_Kitchen, IKitchen))
        guest = Guest()
        async with trio.open_nursery() as orders:
            orders.start_soon(kitchen.Cook, "soup", 0.4, guest)
            orders.start_soon(kitchen.Cook, "salad", 0.2, guest)
            orders.start_soon(order_in_a_hurry, kitchen, guest)
            await trio.sleep(0.1)
            print(f"guest: {await kitchen.OnStove()} dishes are on the stove")
        print(f"guest: {await kitchen.OnStove()} dishes are on the stove")


async def order_in_a_hurry(kitchen: IKitchenAwaitable, guest: IGuest) -> None:
    with trio.move_on_after(0.3) as patience:
        await kitchen.Cook("roast", 60.0, guest)
    print(f"guest: gave up the roast: {patience.cancelled_caught}")


if __name__ == "__main__":
    trio.run(main)
