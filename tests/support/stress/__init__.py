"""The stress run: processes that use each other at random, by seed, and must end with nothing left.

`python -m tests.support.stress --help`. A schedule says what is tried, actors try it, a ledger
keeps what was said of each call, a census counts what is left at the end.
"""
