"""`python -m pyorpc` is the command `pyorpc`."""

from __future__ import annotations

from pyorpc.cli.main import main

if __name__ == "__main__":
    main()
