"""References that a context obtained by hand."""

from __future__ import annotations

import pyorpc
from pyorpc import COINIT, REMINTERFACEREF
from pyorpc.context.context import Context
from pyorpc.context.thread_state import thread_state
from pyorpc.ids import Guid, Ipid
from pyorpc.remoting.own_references import OwnReferences, Refs, own_references
from pyorpc.remoting.proxy import InterfaceProxy
from tests.support.far_runtime import FarRuntime
from tests.support.probe import in_apartment
from tests.support.waiting import wait_until


def test_each_kind_is_taken_as_what_it_is_and_no_more_than_there_is() -> None:
    with FarRuntime() as far, in_apartment(COINIT.MULTITHREADED):
        pointer = far.pointer()
        assert isinstance(pointer, InterfaceProxy)
        link, ipid = pointer.manager.link, Ipid(Guid.new())
        own = OwnReferences()
        own.took(link, ipid, Refs(3, 1))
        own.took(link, ipid, Refs(1, 0))
        assert own.take(link, ipid, Refs(1, 5)) == Refs(1, 1)
        assert own.take(link, Ipid(Guid.new()), Refs(1, 1)) == Refs(0, 0)
        assert own.take(link, ipid, Refs(9, 9)) == Refs(3, 0)
        assert own.take(link, ipid, Refs(9, 9)) == Refs(0, 0)


def test_a_context_has_one_account_which_it_gives_back_at_its_end() -> None:
    with FarRuntime() as far, in_apartment(COINIT.MULTITHREADED):
        context = thread_state().context
        assert isinstance(context, Context)
        assert own_references(context) is own_references(context)
        pointer = far.pointer()
        assert isinstance(pointer, InterfaceProxy)
        before = far.references()
        unknown = pyorpc.remote_unknown(pointer)
        unknown.RemAddRef([REMINTERFACEREF(pointer.channel.ipid, 4, 0)])
        assert far.references() == before + 4
        own_references(context).give_back()
        wait_until(lambda: far.references() == before, "the references are given back")
