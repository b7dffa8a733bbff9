"""The scope that a call runs in."""
