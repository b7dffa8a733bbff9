"""Which registration answers which request, and when none does any more."""

from __future__ import annotations

import pytest

from pyorpc.activation.class_table import MOVES, ClassTable, Event, Registration, Standing
from pyorpc.apartment.neutral import Neutral
from pyorpc.context.context import Context
from pyorpc.enumerations import CLSCTX, REGCLS
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid, new_oxid
from pyorpc.unknown import IUnknown

X = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1b01"))
Y = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1b02"))
INPROC, LOCAL = CLSCTX.INPROC_SERVER, CLSCTX.LOCAL_SERVER


class Table(ClassTable):
    """Counts what it announces."""

    def __init__(self) -> None:
        self.changes = 0
        super().__init__(self.note)

    def note(self) -> None:
        self.changes += 1


@pytest.fixture
def table() -> Table:
    return Table()


def context() -> Context:
    return Context(Neutral(new_oxid(), None))  # type: ignore[arg-type]  # its pool is not used


def registered(
    clsid: Clsid = X,
    clsctx: CLSCTX = LOCAL,
    flags: REGCLS = REGCLS.MULTIPLEUSE,
    where: Context | None = None,
) -> Registration:
    return Registration(clsid, IUnknown(), where or context(), clsctx, flags)


def failure_of(action: object, *args: object) -> HRESULT:
    assert callable(action)
    with pytest.raises(ComError) as failed:
        action(*args)
    return failed.value.hresult


def test_a_cookie_is_a_number_other_than_0_and_never_used_again(table: Table) -> None:
    first = registered()
    cookies = [table.register(each) for each in (first, registered(Y))]
    table.revoke(cookies[0], first.apartment)
    cookies.append(table.register(registered()))
    assert 0 not in cookies
    assert len(set(cookies)) == 3


def test_multipleuse_offers_a_local_class_in_process_too_and_multi_separate_does_not() -> None:
    assert registered(flags=REGCLS.MULTIPLEUSE).clsctx == LOCAL | INPROC
    assert registered(flags=REGCLS.MULTI_SEPARATE).clsctx == LOCAL
    assert registered(flags=REGCLS.SINGLEUSE).clsctx == LOCAL


def test_what_is_offered_in_process_is_found_in_its_apartment_only(table: Table) -> None:
    one = registered(clsctx=INPROC)
    table.register(one)
    assert table.find_in(one.apartment, X) is one
    assert table.find_in(context().apartment, X) is None
    assert table.find_in(one.apartment, Y) is None
    assert table.take(X) is None


def test_the_first_one_registered_answers(table: Table) -> None:
    one, other = registered(), registered()
    cookie = table.register(one)
    table.register(other)
    assert table.take(X) is one
    table.revoke(cookie, one.apartment)
    assert table.take(X) is other


def test_a_single_use_is_used_up_and_can_still_be_revoked(table: Table) -> None:
    one = registered(flags=REGCLS.SINGLEUSE)
    cookie = table.register(one)
    assert table.available() == [X]
    assert table.take(X) is one
    assert table.take(X) is None
    assert table.available() == []
    assert table.revoke(cookie, one.apartment) is one


def test_using_up_and_suspending_are_announced(table: Table) -> None:
    table.register(registered(flags=REGCLS.SINGLEUSE))
    assert table.changes == 1
    table.take(X)
    assert table.changes == 2
    table.suspend()
    table.resume()
    assert table.changes == 4
    table.revoke_all(context().apartment)
    assert table.changes == 4
    table.revoke_all()
    assert table.changes == 5


def test_a_second_single_use_in_the_same_apartment_is_refused(table: Table) -> None:
    here = context()
    table.register(registered(flags=REGCLS.SINGLEUSE, where=here))
    again = registered(flags=REGCLS.SINGLEUSE, where=here)
    assert failure_of(table.register, again) == HRESULT.CO_E_OBJISREG
    table.register(registered(clsctx=INPROC, flags=REGCLS.SINGLEUSE, where=here))
    table.register(registered(flags=REGCLS.SINGLEUSE))
    table.register(registered(Y, flags=REGCLS.SINGLEUSE, where=here))


def test_revoking_is_for_the_apartment_that_registered(table: Table) -> None:
    one = registered()
    cookie = table.register(one)
    assert failure_of(table.revoke, cookie, context().apartment) == HRESULT.RPC_E_WRONG_THREAD
    assert table.take(X) is one
    table.revoke(cookie, one.apartment)
    assert failure_of(table.revoke, cookie, one.apartment) == HRESULT.E_INVALIDARG


def test_an_apartment_takes_its_registrations_along(table: Table) -> None:
    one, other = registered(), registered(Y)
    for each in (one, other):
        table.register(each)
    assert table.revoke_all(one.apartment) == [one]
    assert table.registrations() == [other]


def test_one_resume_publishes_all_that_was_suspended(table: Table) -> None:
    for clsid in (X, Y):
        table.register(registered(clsid, flags=REGCLS.MULTIPLEUSE | REGCLS.SUSPENDED))
    assert table.available() == []
    assert (table.take(X), table.take(Y)) == (None, None)
    table.resume()
    assert table.available() == [X, Y]


def test_what_is_suspended_is_not_found_in_its_apartment_either(table: Table) -> None:
    one = registered(flags=REGCLS.MULTIPLEUSE | REGCLS.SUSPENDED)
    table.register(one)
    assert table.find_in(one.apartment, X) is None


def test_the_last_reference_suspends_everything_at_once(table: Table) -> None:
    table.register(registered())
    assert [table.add_ref(), table.add_ref(), table.release(), table.release()] == [1, 2, 1, 0]
    assert table.available() == []
    assert failure_of(table.take, X) == HRESULT.CO_E_SERVER_STOPPING
    assert table.take(Y) is None
    table.resume()
    assert table.take(X) is not None


def test_an_activation_under_way_keeps_the_process_from_stopping(table: Table) -> None:
    table.register(registered())
    table.add_ref()
    table.take(X)
    assert table.release() == 1
    assert not table.stop()
    assert table.available() == [X]
    table.taken()
    assert table.stop()
    assert table.available() == []


def test_an_unlock_leaves_it_to_others_when_to_stop(table: Table) -> None:
    table.register(registered())
    table.add_ref()
    assert not table.stop()
    assert table.unlock() == 0
    assert table.available() == [X]
    assert table.unlock() == 0
    assert table.stop()


def test_a_release_too_many_does_no_harm(table: Table) -> None:
    assert table.release() == 0
    assert table.add_ref() == 1


def test_a_used_registration_is_never_used_again() -> None:
    assert (Standing.USED, Event.USE) not in MOVES
    assert (Standing.SUSPENDED, Event.USE) not in MOVES
    assert {MOVES[Standing.USED, event] for event in (Event.SUSPEND, Event.RESUME)} == {
        Standing.USED
    }
