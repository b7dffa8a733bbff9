"""The message of the floors: as large as that of a small call."""

HEADER = b"h" * 70
BODY = b"b" * 20
