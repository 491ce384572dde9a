"""Changes patients: one function for each verb, each checked, written and audited in one transaction."""

from patients.actions.access import end_access, grant_access
from patients.actions.agreements import (
    end_contract,
    record_consent,
    sign_contract,
    withdraw_consent,
)
from patients.actions.people import merge, register, reveal, update

__all__ = [
    "end_access",
    "end_contract",
    "grant_access",
    "merge",
    "record_consent",
    "register",
    "reveal",
    "sign_contract",
    "update",
    "withdraw_consent",
]
