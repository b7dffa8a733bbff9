"""The MTA is kept by its threads, by cookies, and by what others have put there."""

from __future__ import annotations

import pytest

from pyorpc import HRESULT, ComError
from pyorpc.apartment.mta_use import MtaUse


def test_each_reason_keeps_it() -> None:
    use = MtaUse()
    assert use.has_ended
    use.threads += 1
    assert not use.has_ended
    use.threads -= 1
    cookie = use.take_cookie()
    assert not use.has_ended
    use.give_back(cookie)
    assert use.has_ended
    use.is_needed_outside = True
    assert not use.has_ended


def test_cookies_differ_and_are_given_back_once() -> None:
    use = MtaUse()
    first, second = use.take_cookie(), use.take_cookie()
    assert 0 < first != second > 0
    use.give_back(first)
    assert use.cookies == {second}
    for unknown in (first, 0):
        with pytest.raises(ComError) as refused:
            use.give_back(unknown)
        assert refused.value.hresult == HRESULT.E_INVALIDARG
