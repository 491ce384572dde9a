"""Ranks where a patient can go, and says why: `find` reads and ranks, `rank` alone is pure.

`next_best` answers for the system where an unanswered referral may be sent on to.
"""

from referral.matching.data import needs_of, status, subjects_of
from referral.matching.find import Found, Question, alternatives, find, next_best
from referral.matching.need import Need
from referral.matching.rank import Match, rank
from referral.matching.reasons import Reason

__all__ = [
    "Found",
    "Match",
    "Need",
    "Question",
    "Reason",
    "alternatives",
    "find",
    "needs_of",
    "next_best",
    "rank",
    "status",
    "subjects_of",
]
