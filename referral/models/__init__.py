"""Gathers the tables of the workflow, which are split by subject."""

from referral.models.legs import Episode, Referral, Transition
from referral.models.sharing import Attachment, FollowUp, Message

__all__ = ["Attachment", "Episode", "FollowUp", "Message", "Referral", "Transition"]
