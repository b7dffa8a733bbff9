"""The pages say what is so: blocks run, links lead somewhere, what is named exists."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

import pyorpc
from pyorpc import HRESULT
from pyorpc.cli.main import SUBCOMMANDS
from pyorpc.midl.mistakes import Mistake
from pyorpc.settings import RULES
from tests.test_readme import LANGUAGES, README, ROOT, Block, blocks_of, reader

DOCS = ROOT / "docs"
PACKAGE = ROOT / "pyorpc"
PAGES = sorted(DOCS.glob("*.md"))
WRITTEN = [README, *PAGES]  # for users
ALL = [README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
# Names of errors and of MIDL that look like HRESULTs.
_HRESULT = re.compile(r"\b(?:E|S|CO|RPC|OR|REGDB|CLASS|CONTEXT|DISP|STG)_[ESX]?_?[A-Z][A-Z_]+\b")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose_of(page: Path) -> str:
    """A page without its blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def needs_running(page: Path) -> bool:
    return any(block.language != "text" for block in blocks_of(page))


def beginning(blocks: list[Block]) -> list[Block]:
    """What the README has made before these blocks are read: its files and its class."""
    if not any("thermometer" in block.text for block in blocks):
        return []
    files = [block for block in blocks_of(README) if block.file in {"thermometer.idl", "server.py"}]
    session = "$ pyorpc idl compile thermometer.idl\n$ pyorpc register server:Thermometer\n...\n"
    return [*files, Block("console", session, 0)]


@pytest.mark.processes
@pytest.mark.parametrize("page", [*filter(needs_running, PAGES)], ids=name_of)
def test_the_blocks_of_a_page_run(page: Path, tmp_path: Path) -> None:
    with reader(tmp_path) as user:
        user.follow([*beginning(blocks_of(page)), *blocks_of(page)])


@pytest.mark.parametrize("page", ALL, ids=name_of)
def test_every_block_has_a_language(page: Path) -> None:
    assert {block.language for block in blocks_of(page)} <= LANGUAGES


@pytest.mark.parametrize("page", ALL, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(prose_of(page)):
        if re.match(r"https?:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_on_the_map() -> None:
    linked = set(_LINK.findall(prose_of(DOCS / "index.md")))
    assert {page.name for page in PAGES} - {"index.md"} <= linked


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_public_name_and_result_code_in_a_text_exists(page: Path) -> None:
    text = prose_of(page)
    called = {name for code in _CODE.findall(text) for name in re.findall(r"pyorpc\.(\w+)", code)}
    modules = {path.stem for path in PACKAGE.iterdir()} | {"calls"}  # the logger pyorpc.calls
    assert {name for name in called if not hasattr(pyorpc, name)} <= modules
    assert {code for code in _HRESULT.findall(text) if code not in HRESULT.__members__} == set()


@pytest.mark.parametrize("page", ALL, ids=name_of)
def test_every_command_in_a_text_exists(page: Path) -> None:
    commands = {
        command
        for code in _CODE.findall(prose_of(page))
        for command in re.findall(r"^pyorpc ([a-z]+)", code)
    }
    assert {name for name in commands if not SUBCOMMANDS[name].exists} == set()


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_path_in_a_text_exists(page: Path) -> None:
    folders = (
        "apartment|activation|bench|docs|examples|idl|midl|pyorpc|remoting|tests|transport|wire"
    )
    paths = {
        path
        for code in _CODE.findall(prose_of(page))
        for path in re.findall(rf"^(?:{folders})/[\w/.]*$", code)
    }
    missing = [
        path for path in paths if not (ROOT / path).exists() and not (PACKAGE / path).exists()
    ]
    assert missing == []


def test_the_word_table_names_classes_where_they_live() -> None:
    """A concept has one name; whoever greps for it in that place finds it."""
    rows = re.findall(r"^\| .* \| (`.*`) \| `([\w/.]+)` \|$", prose_of(DOCS / "index.md"), re.M)
    assert len(rows) >= 10
    for names, place in rows:
        files = (PACKAGE / place).rglob("*.py") if place.endswith("/") else [PACKAGE / place]
        source = "\n".join(path.read_text() for path in files)
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"^(class {name}\b|{name}\b.* = )", source, re.M), (name, place)


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_words_that_name_nothing_are_not_used(page: Path) -> None:
    empty = r"\b(helpers?|utils?|utility|powerful|simply|just|easily|seamless\w*|blazing\w*)\b"
    assert re.findall(empty, prose_of(page), re.IGNORECASE) == []


def test_the_readme_lists_only_settings_that_there_are() -> None:
    section = prose_of(README).partition("## Settings")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?`) \|", section, re.MULTILINE)
    listed = {name for names in rows for name in re.findall(r"`(\w+)`", names)}
    assert len(listed) > 10
    assert listed <= RULES.keys()


def test_the_compilers_codes_on_the_page_exist() -> None:
    text = (DOCS / "idl.md").read_text()
    known = {mistake.code for mistake in Mistake}
    table = text.partition("| Numbers |")[2]
    assert set(re.findall(r"ORPC\d{4}", text)) <= known
    for first, last in re.findall(r"ORPC(\d{4})-(\d{4})", table):
        inside = {
            mistake.number for mistake in Mistake if mistake.number // 100 == int(first) // 100
        }
        assert (min(inside), max(inside)) == (int(first), int(last))


def test_what_the_readme_says_is_missing_is_missing() -> None:
    """When one of them comes, its line goes."""
    section = prose_of(README).partition("## What is not there yet")[2].partition("\n## ")[0]
    functions = next(part for part in section.split("\n- ") if part.startswith("**Functions**"))
    names = set(_CODE.findall(functions))
    assert names
    assert {name for name in names if hasattr(pyorpc, name)} == set()


def test_the_table_of_call_costs_is_filled() -> None:
    table = README.read_text().partition("<!-- call-cost -->")[2].partition("<!-- /call-cost")[0]
    assert "pyorpc bench call-cost" in table
    assert len(re.findall(r"^\| .*\d \|", table, re.MULTILINE)) > 5


def test_the_table_of_call_costs_is_made_from_a_report() -> None:
    script = runpy.run_path(str(DOCS / "call_cost.py"))

    def figure(name: str, group: str, vs: str | None, ratio: float | None) -> dict[str, object]:
        subject = {"name": name, "title": name.title(), "group": group, "vs": vs}
        return {"subject": subject, "p50_us": 12.345, "ratio": ratio}

    figures = [figure("floor", "floors", None, None), figure("call", "calls", "floor", 1.5)]
    machine = {"cores_used": 2, "python": "3.11", "libzmq": "4.3", "load_1_min": 0.1}
    table = script["table"]({"figures": figures, "machine": machine, "seconds": 1.0})
    assert "| Call | 12.3 | 1.50 | Floor: 12.3 |" in table
    filled = script["fill"]("a\n<!-- call-cost -->\nold\n<!-- /call-cost -->\nb", table)
    assert filled == f"a\n<!-- call-cost -->\n{table}\n<!-- /call-cost -->\nb"


def test_the_page_of_states_shows_the_tables_as_they_are() -> None:
    script = runpy.run_path(str(DOCS / "states.py"))
    assert script["page"]() == (DOCS / "states.md").read_text(), "run: python docs/states.py"


def test_the_page_of_breaking_changes_shows_the_rules_as_they_are() -> None:
    script = runpy.run_path(str(DOCS / "breaking.py"))
    assert script["page"]() == (DOCS / "idl-breaking.md").read_text(), (
        "run: python docs/breaking.py"
    )


def test_the_page_of_errors_shows_the_table_as_it_is() -> None:
    script = runpy.run_path(str(DOCS / "idl_errors.py"))
    assert script["page"]() == (DOCS / "idl-errors.md").read_text(), (
        "run: python docs/idl_errors.py"
    )


def test_what_stands_beside_a_move_is_on_the_page_of_states() -> None:
    script = runpy.run_path(str(DOCS / "states.py"))
    source = "# no\nMOVES = {\n    # A.\n    # B.\n    (1, 2): 3,  # C.\n    (4, 5): 6,\n}  # no\n"
    assert list(script["reasons_of"](source, "MOVES")) == ["A. B. C.", ""]
    with pytest.raises(LookupError):
        script["dict_of"](source, "OTHER")
