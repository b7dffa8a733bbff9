"""Pipes beside small calls: what bulk data does to the time that a call takes."""
