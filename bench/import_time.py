"""How long a generated module takes to import: python bench/import_time.py [INTERFACES] [RUNS].

Compiles a file of so many interfaces with five methods each, and imports the module in processes of
their own, in which what it needs of pyorpc is loaded already. Prints the median and the least: the
first time, when Python compiles the module, and from the bytecode that it keeps.
"""

from __future__ import annotations

import py_compile
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import UUID, uuid5

from pyorpc.midl.compile import Compiler

SPACE = UUID("6f5d0c3e-0f4e-4a51-9a63-0d5a7f0c9e11")
INTERFACE = """
/// Number {number}.
[object, uuid({uuid}), pointer_default(unique)]
interface IThing{number} : IUnknown
{{
    /// Read so many.
    HRESULT Read([in] ULONG wanted, [out, retval] Row *row);
    HRESULT Write([in] ULONG count, [in, size_is(count)] const byte *data, [out] ULONG *written);
    HRESULT Next([out, retval] IThing{next} **thing);
    HRESULT Find([in] LPCWSTR name, [in] Heat heat, [out, retval] hyper *id);
    HRESULT Clear();
}};
"""
HEAD = """import "unknwn.idl";
typedef enum Heat { COLD, HOT } Heat;
typedef struct Row { hyper id; BSTR name; double values[4]; } Row;
"""
PROGRAM = """
import sys, time
import pyorpc.generated_support
sys.path.insert(0, sys.argv[1])
started = time.perf_counter()
import things_idl
print((time.perf_counter() - started) * 1000)
"""


def idl(interfaces: int) -> str:
    forward = "".join(f"interface IThing{number};\n" for number in range(interfaces))
    bodies = (
        INTERFACE.format(
            number=number, next=(number + 1) % interfaces, uuid=uuid5(SPACE, str(number))
        )
        for number in range(interfaces)
    )
    return HEAD + forward + "".join(bodies)


def import_ms(folder: Path) -> float:
    """Import the module in a process of its own."""
    command = [sys.executable, "-B", "-c", PROGRAM, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def report(title: str, times: list[float]) -> None:
    print(f"{title}: {statistics.median(times):.1f} ms, at least {min(times):.1f} ms")


def main(interfaces: int = 100, runs: int = 15) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "things.idl"
        source.write_text(idl(interfaces))
        module = Compiler([]).compile(source, folder)
        if module is None:
            raise SystemExit("the measured file does not compile")
        path = folder / module.file_name
        path.write_text(module.text)
        lines = module.text.count("\n")
        print(f"{interfaces} interfaces, {lines} lines of Python")
        report("the first time, without bytecode", [import_ms(folder) for _ in range(runs)])
        py_compile.compile(str(path), doraise=True)
        report("from bytecode", [import_ms(folder) for _ in range(runs)])


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
