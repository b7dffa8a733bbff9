"""MtaUse: what keeps the MTA: threads that entered it, usage cookies, needs of others' threads."""

from __future__ import annotations

import itertools
from typing import Final

from pyorpc.errors import HRESULT, InvalidArgumentError

_cookies: Final = itertools.count(1)


class MtaUse:
    """The Runtime's; its lock guards it."""

    def __init__(self) -> None:
        self.threads = 0
        self.cookies: set[int] = set()
        # A thread of another apartment has put something there: it has to outlive the MTA's threads
        # and ends with the last thread of all.
        self.is_needed_outside = False

    @property
    def has_ended(self) -> bool:
        """Whether nobody needs it any more, whatever other apartments there are."""
        return not (self.threads or self.cookies or self.is_needed_outside)

    def take_cookie(self) -> int:
        cookie = next(_cookies)
        self.cookies.add(cookie)
        return cookie

    def give_back(self, cookie: int) -> None:
        """Raises E_INVALIDARG for a cookie that is unknown or was given back."""
        if cookie not in self.cookies:
            raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"cookie: {cookie!r} is unknown")
        self.cookies.discard(cookie)
