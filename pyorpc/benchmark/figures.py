"""Figures: what the rounds of one workload come to, and how they stand to its floor. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from pyorpc.benchmark.round import Round
from pyorpc.benchmark.workload import Subject


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The quantiles are over the samples of all rounds, the rate is calls by elapsed time."""

    subject: Subject
    rounds: int
    samples: int
    p50_us: float
    p99_us: float
    best_round_p50_us: float
    worst_round_p50_us: float
    calls_per_s: float
    ratio: float | None = None

    @property
    def reaches_its_aim(self) -> bool | None:
        """None: it has no aim, or its floor was not measured."""
        if self.subject.aim_p50_us is not None:
            return self.p50_us <= self.subject.aim_p50_us
        if self.subject.aim_ratio is not None and self.ratio is not None:
            return self.ratio <= self.subject.aim_ratio
        return None


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of the ordered values do not exceed (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def figures_of(subject: Subject, rounds: Sequence[Round]) -> Figures:
    """What `rounds` (at least one, none empty) come to, not yet compared with a floor."""
    per_sample = subject.calls_per_sample * 1000
    ordered = sorted(sample for each in rounds for sample in each.samples_ns)
    round_p50s = [quantile(sorted(each.samples_ns), 0.5) / per_sample for each in rounds]
    elapsed_s = sum(each.elapsed_ns for each in rounds) / 1e9
    return Figures(
        subject=subject,
        rounds=len(rounds),
        samples=len(ordered),
        p50_us=quantile(ordered, 0.5) / per_sample,
        p99_us=quantile(ordered, 0.99) / per_sample,
        best_round_p50_us=min(round_p50s),
        worst_round_p50_us=max(round_p50s),
        calls_per_s=len(ordered) * subject.calls_per_sample / elapsed_s,
    )


def compared(measured: Mapping[str, Figures]) -> list[Figures]:
    """The figures, each with the ratio of its p50 to that of the floor it names."""
    return [_with_ratio(each, measured.get(each.subject.vs or "")) for each in measured.values()]


def _with_ratio(figures: Figures, floor: Figures | None) -> Figures:
    if floor is None:
        return figures
    return msgspec.structs.replace(figures, ratio=figures.p50_us / floor.p50_us)
