"""`pyorpc idl doc` as users call it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pyorpc.cli.idl import idl
from tests.midl.doc.making import SHOP

MALL = """import "shop.idl";
[object, uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b05)]
interface IMall : IUnknown { HRESULT Open([in] IShop *shop); };
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(idl, ["doc", *map(str, arguments)])


def file(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(("kind", "suffix"), [("html", ".html"), ("markdown", ".md")])
def test_a_page_is_written_for_each_file(tmp_path: Path, kind: str, suffix: str) -> None:
    shop, mall = file(tmp_path, "shop.idl", SHOP), file(tmp_path, "mall.idl", MALL)
    out = tmp_path / "out"
    done = run(shop, mall, "-o", out, "--format", kind)
    assert done.exit_code == 0, done.output
    assert done.output == f"wrote {out / f'shop{suffix}'}\nwrote {out / f'mall{suffix}'}\n"
    assert f"shop{suffix}#IShop" in (out / f"mall{suffix}").read_text()


def test_html_is_the_default_and_an_imported_file_is_found(tmp_path: Path) -> None:
    file(tmp_path / "include", "shop.idl", SHOP)
    mall = file(tmp_path, "mall.idl", MALL)
    assert run(mall, "-I", tmp_path / "include", "-o", tmp_path).exit_code == 0
    text = (tmp_path / "mall.html").read_text()
    assert "IMall" in text
    assert "shop.html#" not in text  # it was not documented


def test_a_broken_file_is_reported_and_nothing_is_written(tmp_path: Path) -> None:
    broken = file(tmp_path, "broken.idl", "const long A = B;\n")
    done = run(broken, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert f"{broken}:1:16: error ORPC0301" in done.stderr
    assert not (tmp_path / "out").exists()


def test_two_files_cannot_give_one_page(tmp_path: Path) -> None:
    one, two = file(tmp_path / "a", "shop.idl", SHOP), file(tmp_path / "b", "shop.idl", SHOP)
    done = run(one, two, "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert "shop.html" in done.stderr
