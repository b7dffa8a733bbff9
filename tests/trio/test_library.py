from __future__ import annotations

import subprocess
import sys


def test_without_trio_the_import_says_what_to_install() -> None:
    program = "import sys; sys.modules['trio'] = None; import pyorpc; import pyorpc.trio"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=25
    )
    assert "pip install 'pyorpc[trio]'" in done.stderr
    assert done.returncode == 1
