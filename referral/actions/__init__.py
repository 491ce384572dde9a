"""Every write of the workflow: one verb, one function, keyword-only, `by=` an actor.

An action runs in the caller's transaction, whose scope the caller has set: it locks, asks policy,
writes, logs and posts, or raises accounts.errors.Refused before it has written anything.
"""

from referral.actions.again import hand_on, refer_again
from referral.actions.answer_times import measure_answer_times
from referral.actions.assessing import assess, consult, keep_for_now, review_return
from referral.actions.assigning import assign
from referral.actions.booking import confirm_accepted, give_back, hold, release_lapsed
from referral.actions.consents import record_consent, tell_withdrawal
from referral.actions.criterion_rules import set_criterion, withdraw_criterion
from referral.actions.documenting import document
from referral.actions.filing import (
    answer,
    approve,
    cancel,
    create,
    request_review,
    send_back,
    submit,
    update,
    void,
)
from referral.actions.following import plan_follow_up, record_follow_up
from referral.actions.gaps import set_needs
from referral.actions.message_texts import set_message_text, withdraw_message_text
from referral.actions.ordering import (
    attach_to_order,
    cancel_order,
    place_order,
    receive_order,
    report_order,
)
from referral.actions.pools import alter_pool
from referral.actions.receiving import (
    accept,
    acknowledge,
    ask_information,
    decline,
    expire,
    open,  # noqa: A004 - the verb's name is its address
    redirect,
    reschedule,
    schedule,
)
from referral.actions.reminding import remind, step_in
from referral.actions.resending import resend
from referral.actions.routes import CHOICE_FIELDS, make_outside_link, outside_link_of
from referral.actions.ruling import set_automatic_step, set_limit, withdraw_rule
from referral.actions.sharing import attach, mark_read, send_message
from referral.actions.treating import arrive, complete, record_no_show, start_return
from referral.actions.visits import (
    confirm_visit,
    give_feedback,
    hide_feedback,
    put_off,
    put_off_by_patient,
)

__all__ = [
    "CHOICE_FIELDS",
    "accept",
    "acknowledge",
    "alter_pool",
    "answer",
    "approve",
    "arrive",
    "ask_information",
    "assess",
    "assign",
    "attach",
    "attach_to_order",
    "cancel",
    "cancel_order",
    "complete",
    "confirm_accepted",
    "confirm_visit",
    "consult",
    "create",
    "decline",
    "document",
    "expire",
    "give_back",
    "give_feedback",
    "hand_on",
    "hide_feedback",
    "hold",
    "keep_for_now",
    "make_outside_link",
    "mark_read",
    "measure_answer_times",
    "open",
    "outside_link_of",
    "place_order",
    "plan_follow_up",
    "put_off",
    "put_off_by_patient",
    "receive_order",
    "record_consent",
    "record_follow_up",
    "record_no_show",
    "redirect",
    "refer_again",
    "release_lapsed",
    "remind",
    "report_order",
    "request_review",
    "reschedule",
    "resend",
    "review_return",
    "schedule",
    "send_back",
    "send_message",
    "set_automatic_step",
    "set_criterion",
    "set_limit",
    "set_message_text",
    "set_needs",
    "start_return",
    "step_in",
    "submit",
    "tell_withdrawal",
    "update",
    "void",
    "withdraw_criterion",
    "withdraw_message_text",
    "withdraw_rule",
]
