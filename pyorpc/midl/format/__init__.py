"""Lays out IDL files: the same tokens and comments, with one way of spacing and breaking lines."""
