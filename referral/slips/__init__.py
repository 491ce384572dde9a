"""The official papers of a referral: the two-way referral slip in its four parts, and the consent form."""

from referral.slips.parts import BLANK, Bearer, consent_form, slip
from referral.slips.printing import Paper, pdf

__all__ = ["BLANK", "Bearer", "Paper", "consent_form", "pdf", "slip"]
