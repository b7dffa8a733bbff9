"""One short round of a workload, opened and closed."""

from pyorpc.benchmark.calls.calling import Calling
from pyorpc.benchmark.round import Round


def round_of(workload: Calling) -> Round:
    try:
        return workload.round(workload.open(), 3)
    finally:
        workload.close()
