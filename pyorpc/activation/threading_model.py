"""ThreadingModel: what a class says about the threads that may run its objects.

Read by `placement_of` at activation. Values, any thread.
"""

from __future__ import annotations

from enum import Enum

from pyorpc.errors import HRESULT, ComError


class ThreadingModel(Enum):
    """The five models; the values are the registry's spellings."""

    NONE = "None"
    """Knows nothing of threads: all instances run on the main STA's thread."""

    APARTMENT = "Apartment"
    """Any STA: each instance runs on one thread."""

    FREE = "Free"
    """The MTA: calls overlap."""

    BOTH = "Both"
    """Wherever its creator is."""

    NEUTRAL = "Neutral"
    """The neutral apartment: calls run on their callers' threads and overlap."""

    @classmethod
    def parse(cls, value: ThreadingModel | str | None) -> ThreadingModel:
        """The model that a registry's text means, whatever its case; no text at all means NONE.

        Raises ComError(REGDB_E_BADTHREADINGMODEL) for any other.
        """
        if isinstance(value, ThreadingModel):
            return value
        if not value:
            return cls.NONE
        for model in cls:
            if str(value).casefold() == model.value.casefold():
                return model
        raise ComError(
            HRESULT.REGDB_E_BADTHREADINGMODEL,
            f"{value!r:.80} is no threading model: there are {', '.join(m.value for m in cls)}",
        )
