"""Implementation: the Python class behind a CLSID, by its name `package.module:Class`.

Named on command lines and in the catalog, both the user's own; never by what comes from a peer.
Importing runs the module's code, on the thread that asks.
"""

from __future__ import annotations

import importlib
import re
import site
import sys
import sysconfig
import traceback
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Final, NamedTuple

from pyorpc.errors import HRESULT, ComError

CO_E_DLLNOTFOUND: Final = HRESULT(0x800401F8)
"""The code of the class is not there."""

CO_E_ERRORINDLL: Final = HRESULT(0x800401F9)
"""The code of the class is there, and is no use."""

_DOTTED: Final = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_FORM: Final = re.compile(f"({_DOTTED}):({_DOTTED})")


class Implementation(NamedTuple):
    """A class that can be imported. Prints as it is written: `package.module:Class`."""

    module: str
    qualname: str

    @classmethod
    def parse(cls, text: str) -> Implementation:
        found = _FORM.fullmatch(text)
        if found is None:
            raise ComError(
                HRESULT.E_INVALIDARG, f"{text!r:.200} names no class: expected package.module:Class"
            )
        return cls(found[1], found[2])

    def __str__(self) -> str:
        return f"{self.module}:{self.qualname}"

    def load(self, directories: Sequence[str] = ()) -> type:
        """Import the class, looking into `directories` first, as Python does in its own.

        Raises CO_E_DLLNOTFOUND if there is none, CO_E_ERRORINDLL if its module cannot be imported.
        """
        sys.path[:0] = [each for each in directories if each not in sys.path]
        module = self._import()
        try:
            found: object = reduce(getattr, self.qualname.split("."), module)
        except AttributeError:
            raise ComError(
                CO_E_DLLNOTFOUND, f"the module {self.module} has no class {self.qualname}"
            ) from None
        if not isinstance(found, type):
            raise ComError(CO_E_DLLNOTFOUND, f"{self} is no class but {found!r:.80}")
        return found

    def directory(self) -> str | None:
        """From where the class was imported; None if every Python process looks there anyway."""
        top = sys.modules[self.module.partition(".")[0]]
        # A package is in its directory's directory; a namespace package has no file at all.
        place = Path(top.__path__[0] if hasattr(top, "__path__") else str(top.__file__)).parent
        found_anyway = {
            *site.getsitepackages(),
            site.getusersitepackages(),
            sysconfig.get_path("stdlib"),
        }
        return None if str(place.absolute()) in found_anyway else str(place.absolute())

    def _import(self) -> object:
        try:
            return importlib.import_module(self.module)
        except ModuleNotFoundError as error:
            if error.name and f"{self.module}.".startswith(f"{error.name}."):
                raise ComError(
                    CO_E_DLLNOTFOUND, f"there is no module {error.name} for {self}"
                ) from None
            raise _unusable(self, error) from error
        except (Exception, SystemExit) as error:  # whatever the module's code does
            raise _unusable(self, error) from error


def _unusable(implementation: Implementation, error: BaseException) -> ComError:
    if isinstance(error, SyntaxError):
        place, text = f"{error.filename}:{error.lineno}", f"{type(error).__name__}: {error.msg}"
    else:
        frames = traceback.extract_tb(error.__traceback__)
        last = [frame for frame in frames if not frame.filename.startswith("<frozen")][-1]
        place, text = f"{last.filename}:{last.lineno}", f"{type(error).__name__}: {error}"
    return ComError(CO_E_ERRORINDLL, f"cannot import {implementation}: {place}: {text}")
