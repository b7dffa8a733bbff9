from __future__ import annotations

from tests.midl.compiling import Folder, method

TWO = (
    "[in] REFIID a, [in] REFIID b, [in] REFIID c,"
    "[out, iid_is(a)] void **pa, [out, iid_is(b)] void **pb"
)


def test_each_iid_that_types_a_result_has_a_variable(folder: Folder) -> None:
    text = folder.module_text(method(TWO))
    assert "self, a: type[T] | Guid, b: type[T2] | Guid, c: type[IUnknown] | Guid" in text
    assert ") -> tuple[T | None, T2 | None]:" in text


def test_a_variable_does_not_take_a_name_of_the_idl(folder: Folder) -> None:
    text = folder.module_text("struct T { long a; };\n" + method(TWO))
    assert 'T2 = TypeVar("T2", bound=IUnknown)\nT_ = TypeVar("T_", bound=IUnknown)\n' in text


def test_the_method_carries_the_wires_types(folder: Folder) -> None:
    text = folder.module_text(method("[in] short a, [in] BSTR b, [out] byte *c, [out] float *d"))
    assert (
        "_IThing_F: Method[tuple[int, str], tuple[int, float]] = Method(\n"
        '    "IThing.F", 3, tuple[Short, str], tuple[Byte, Float]\n'
        ")\n"
    ) in text


def test_defaults_stand_in_the_signature(folder: Folder) -> None:
    text = folder.module_text(
        method(
            '[in, defaultvalue(3)] long a, [in, optional] IThing *b, [in, defaultvalue("x")] BSTR c'
        )
    )
    assert 'def F(self, a: int = 3, b: IThing | None = None, c: str = "x") -> None:' in text
