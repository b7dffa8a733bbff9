"""The public functions, by subject; `pyorpc` re-exports them."""
