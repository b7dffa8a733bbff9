"""Placement: which apartment an in-process object goes to. Pure.

Called at activation, on the creator's thread. An object is put into its creator's apartment
wherever its class allows it, because only there the creator gets the object itself.
"""

from __future__ import annotations

from enum import Enum, auto

from pyorpc.activation.threading_model import ThreadingModel


class Creator(Enum):
    """Where the code runs that creates the object."""

    MAIN_STA = auto()
    OTHER_STA = auto()
    MTA = auto()
    """Threads that are in the MTA implicitly are in it."""
    NEUTRAL_ON_STA = auto()
    """In the neutral apartment, on an STA's thread."""
    NEUTRAL_ON_MTA = auto()
    """In the neutral apartment, on a thread of the MTA."""


class Placement(Enum):
    """Where the object goes. Everywhere but in CREATOR, the creator gets a proxy."""

    CREATOR = auto()
    """The apartment in which the creator's code runs."""
    MAIN_STA = auto()
    NEW_MAIN_STA = auto()
    """There is none: a thread of the runtime's own becomes the main STA."""
    HOST_STA = auto()
    """An STA on a thread of the runtime's own."""
    CURRENT_THREAD_STA = auto()
    """The STA to which the thread belongs that visits the neutral apartment."""
    MTA = auto()
    NEUTRAL = auto()

    @property
    def is_raw(self) -> bool:
        """Whether the creator gets the object itself."""
        return self is Placement.CREATOR


def placement_of(model: ThreadingModel, creator: Creator, *, has_main_sta: bool) -> Placement:
    """Where an object of a class with `model` goes. `has_main_sta`: the process has one now."""
    match model:
        case ThreadingModel.BOTH:
            return Placement.CREATOR
        case ThreadingModel.NEUTRAL:
            is_there = creator in {Creator.NEUTRAL_ON_STA, Creator.NEUTRAL_ON_MTA}
            return Placement.CREATOR if is_there else Placement.NEUTRAL
        case ThreadingModel.FREE:
            return Placement.CREATOR if creator is Creator.MTA else Placement.MTA
        case ThreadingModel.APARTMENT:
            return _any_sta(creator)
        case _:  # NONE
            pass
    if creator is Creator.MAIN_STA:
        return Placement.CREATOR
    return Placement.MAIN_STA if has_main_sta else Placement.NEW_MAIN_STA


def _any_sta(creator: Creator) -> Placement:
    if creator in {Creator.MAIN_STA, Creator.OTHER_STA}:
        return Placement.CREATOR
    on_sta = creator is Creator.NEUTRAL_ON_STA
    return Placement.CURRENT_THREAD_STA if on_sta else Placement.HOST_STA
