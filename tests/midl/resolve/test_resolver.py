from __future__ import annotations

from tests.midl.compiling import IMPORT, Folder, interface


def test_an_import_inside_an_interface_counts(folder: Folder) -> None:
    folder.write("struct S { long a; };", "other.idl")
    text = IMPORT + interface('import "other.idl"; HRESULT F([in] struct S *s);')
    assert "from other_idl import S" in folder.module_text(text)


def test_a_file_that_comes_by_two_ways_is_entered_once(folder: Folder) -> None:
    folder.write("struct S { long a; };", "a.idl")
    folder.write('import "a.idl";', "b.idl")
    assert folder.refusals('import "a.idl"; import "b.idl"; struct T { struct S s; };') == []


def test_a_name_of_an_imported_file_cannot_be_declared_again(folder: Folder) -> None:
    folder.write("\nconst long A = 1;", "a.idl")
    assert folder.texts('import "a.idl"; const long A = 2;') == [
        "'A' is already declared on line 2 of a.idl"
    ]


def test_a_mistake_in_an_import_is_placed_there(folder: Folder) -> None:
    folder.write("\n const long A = B;", "a.idl")
    assert folder.refusals('import "a.idl";') == ["2:17 ORPC0301"]


def test_a_long_chain_of_imports_is_no_recursion(folder: Folder) -> None:
    for number in range(1500):
        folder.write(f'import "f{number + 1}.idl";', f"f{number}.idl")
    folder.write("struct Last { long a; };", "f1500.idl")
    assert "Last" in folder.world('import "f0.idl";').structs


def test_a_struct_that_is_never_defined_is_refused_where_it_is_held(folder: Folder) -> None:
    assert folder.refusals("struct S { struct Missing p; };") == ["1:19 ORPC0204"]
    assert folder.refusals("struct S { struct Missing *p; };") == []


def test_a_pointer_to_an_interface_that_is_only_announced_is_one_to_iunknown(
    folder: Folder,
) -> None:
    text = folder.module_text(
        IMPORT + "interface ILater;" + interface("HRESULT F([in] ILater *later);")
    )
    assert "def F(self, later: IUnknown | None)" in text
