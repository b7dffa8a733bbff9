from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from pyorpc.midl.skeleton import Skeleton
from tests.midl.compiling import Folder
from tests.midl.format.reading import laid

NEW = UUID("7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9b01")


@pytest.mark.parametrize("async_iid", [None, uuid4()], ids=["plain", "async"])
def test_it_compiles_and_is_laid_out(folder: Folder, async_iid: UUID | None) -> None:
    text = Skeleton("stock_ticker", uuid4(), NEW, async_iid=async_iid).text()
    assert laid(text) == text
    module = folder.module(text)
    assert str(module.IStockTicker.IID).lower().strip("{}") == str(NEW)
    assert hasattr(module, "CLSID_StockTicker")
    assert hasattr(module, "AsyncIStockTicker") == (async_iid is not None)


def test_the_interface_may_have_another_name(folder: Folder) -> None:
    text = Skeleton("prices", uuid4(), NEW, "ITicker").text()
    assert hasattr(folder.module(text), "ITicker")
