"""Good files with a few tokens gone, doubled, exchanged: compiled or refused, never a crash."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from pyorpc.midl.compile import Compiler

GOOD = Path(__file__).with_name("good")
TEXTS = [path.read_text() for path in sorted(GOOD.glob("*.idl"))]
TOKEN = re.compile(r'"[^"\n]*"|\w+|[^\s\w]|\s+')
POOL = [token for text in TEXTS for token in TOKEN.findall(text) if token.strip()]
LINE = re.compile(r"\S+:\d+:\d+: error ORPC\d{4}: .+")


def mutated(seed: int) -> str:
    dice = random.Random(seed)
    tokens: list[str] = TOKEN.findall(dice.choice(TEXTS))
    for _ in range(dice.choice([1, 1, 2, 4])):
        at, other = dice.randrange(len(tokens)), dice.randrange(len(tokens))
        match dice.randrange(5):
            case 0:
                del tokens[at]
            case 1:
                tokens.insert(at, tokens[at])
            case 2:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 3:
                tokens[at] = dice.choice(POOL)
            case _:
                tokens.insert(at, f" {dice.choice(POOL)} ")
    return "".join(tokens)


@pytest.mark.parametrize("block", range(8))
def test_a_mutated_file_is_compiled_or_refused_with_a_place(block: int, tmp_path: Path) -> None:
    path = tmp_path / "mutated.idl"
    for seed in range(block * 60, block * 60 + 60):
        path.write_text(mutated(seed))
        compiler = Compiler([GOOD])
        module = compiler.compile(path, tmp_path)
        if module is not None:
            compile(module.text, f"seed {seed}", "exec")
            continue
        report = compiler.reporter.render().splitlines()
        assert report, f"seed {seed}"
        assert LINE.match(report[0]), f"seed {seed}"
