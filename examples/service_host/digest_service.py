"""The digest service. Its host imports it, and unloads it again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from service_host_idl import CLSID_Digest, IDigest

from pyorpc import ThreadingModel, coclass


@coclass(CLSID_Digest, threading_model=ThreadingModel.FREE)
class Service(IDigest):
    def Tree(self, folder: str) -> str:
        digest = hashlib.sha256()
        for path in sorted(Path(folder).rglob("*.py")):
            digest.update(path.read_bytes())
        return digest.hexdigest()
