"""The command `pyorpc`."""
