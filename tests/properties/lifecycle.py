"""A machine that lets random people make random moves, and a model that knows what must come of them."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from accounts import scope
from accounts.actors import Actor
from accounts.errors import Refused
from audit.models import Event, Kind
from notifications.models import OutboxMessage
from patients.models import AccessGrant
from referral import actions, limits, messages
from referral.codes import NoReturnReason, Outcome
from referral.models import Episode, Referral, Transition
from referral.policy import referrals as policy
from referral.queries import referrals as queries
from referral.states import ENDED, OPEN, TRANSITIONS, Status, Urgency
from tests.properties.model import (
    CAST,
    ENDING,
    NAMES,
    PEOPLE,
    RULES,
    SYSTEM,
    UNSEEN,
    VERBS,
    WEIGHTS,
    Leg,
    entitled,
    sees,
)
from tests.security.world import SLIP, World, act

SPAN: Final = timedelta(days=60)


class Lifecycle(RuleBasedStateMachine):
    """Random moves; after each, everything stored about the legs it touched is compared with the model."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.now = timezone.now() - SPAN
        self.legs: list[Leg] = []
        self.touched: set[UUID] = set()
        self.sound = True

    # Who acts, and what they may by the model's own reckoning.

    def actor(self, name: str) -> Actor:
        return Actor.system() if name == SYSTEM else self.world.who(*CAST[name]).actor

    def sees(self, leg: Leg, name: str) -> bool:
        return sees(leg, name, self.actor(name).facility_id)

    # One rule chooses among all moves: machines switch single rules off at random, and histories
    # without this one or that one would stay short.

    @initialize(urgency=st.sampled_from(Urgency))
    def begin(self, urgency: Urgency) -> None:
        """There is one submitted leg and one draft to begin with."""
        self._file("receiver", submit=True, urgency=urgency)
        self._file("former", submit=False, urgency=Urgency.ROUTINE)

    @rule(data=st.data(), what=st.sampled_from(WEIGHTS))
    def step(self, data: st.DataObject, what: str) -> None:
        """Somebody does something."""
        self.sound = False
        leg = data.draw(st.sampled_from(self.legs))
        getattr(self, what)(leg, data)

    def new_leg(self, _leg: Leg, data: st.DataObject) -> None:
        """The clinic files for a new patient, and perhaps sends at once."""
        to = data.draw(st.sampled_from(["receiver", "former"]))
        submit = data.draw(st.booleans())
        self._file(to, submit=submit, urgency=data.draw(st.sampled_from(Urgency)))

    def _file(self, relation: str, *, submit: bool, urgency: Urgency) -> None:
        to = self.world.facilities[relation].pk
        patient, clinic = self.world.patient(now=self.now), self.actor("clinic")
        words = {**SLIP, "urgency": urgency, "to_facility_id": to}
        row = act(clinic, actions.create, patient, fields=words, submit=submit, now=self.now)
        self._born(row, "clinic", audited="referral.create", submit=submit)

    def allowed_move(self, leg: Leg, data: st.DataObject) -> None:
        """Somebody makes a move that policy allows, so that histories grow long."""
        ways: dict[str, list[str]] = {}
        shown = self._shown(leg, SYSTEM)
        assert shown is not None
        for name in (name for name in NAMES if self.sees(leg, name)):
            verdicts = self._verdicts(shown, name)
            for way in (way for way, verdict in verdicts.items() if verdict.allowed):
                ways.setdefault(way, []).append(name)
        onward = set(ways) - ENDING
        if onward and data.draw(st.integers(0, 4)) > 0:
            ways = {way: names for way, names in ways.items() if way in onward}
        if ways:
            verb: str = data.draw(st.sampled_from(sorted(ways)))
            name = data.draw(st.sampled_from(ways[verb]))
            self._attempt(leg, name, verb, data)

    def any_move(self, leg: Leg, data: st.DataObject) -> None:
        """Anybody tries anything."""
        name, verb = data.draw(st.sampled_from(NAMES)), data.draw(st.sampled_from(VERBS))
        self._attempt(leg, name, verb, data)

    def stale_move(self, leg: Leg, data: st.DataObject) -> None:
        """Whoever has seen an older version changes nothing, whatever his rights."""
        name, verb = data.draw(st.sampled_from(NAMES)), data.draw(st.sampled_from(VERBS))
        words = {**self._words(leg, verb, data), "version": leg.version - 1}
        code = self._code(name, verb, leg, words)
        assert code == ("stale-referral" if self.sees(leg, name) else "not-found")
        self.touched.add(leg.id)

    def go_back(self, leg: Leg, data: st.DataObject) -> None:
        """Somebody starts the return of a leg, as a rule somebody who may."""
        shown = self._shown(leg, SYSTEM)
        assert shown is not None
        able = [name for name in PEOPLE if policy.may_return(shown, self.actor(name)).allowed]
        name = data.draw(st.sampled_from(able * 5 + PEOPLE))
        submit = data.draw(st.booleans())
        words = {"plan": SLIP["plan"], "reason_code": "stable_continue"}
        self._begun(
            leg,
            name,
            "return",
            submit,
            lambda by: actions.start_return(
                leg.id, by=by, fields=words, submit=submit, now=self.now
            ),
        )

    def go_on(self, leg: Leg, data: st.DataObject) -> None:
        """Somebody sends a patient who is with him on to another facility."""
        name, submit = data.draw(st.sampled_from(PEOPLE)), data.draw(st.booleans())
        words = {**SLIP, "to_facility_id": self.world.facilities["parent"].pk}
        self._begun(
            leg,
            name,
            "onward",
            submit,
            lambda by: actions.create(
                leg.patient, by=by, fields=words, previous_id=leg.id, submit=submit, now=self.now
            ),
        )

    def _begun(
        self, leg: Leg, name: str, how: str, submit: bool, action: Callable[[Actor], Referral]
    ) -> None:
        shown, actor = self._shown(leg, name), self.actor(name)
        may = policy.may_return if how == "return" else policy.may_refer_onward
        verdict = None if shown is None else may(shown, actor)
        self.touched.add(leg.id)
        try:
            row = act(actor, action)
        except Refused as refusal:
            if refusal.code not in UNSEEN:
                self._explained(refusal.code, verdict, how)
        else:
            assert verdict
            assert verdict.allowed
            made = "referral.return" if how == "return" else "referral.create"
            self._born(row, name, audited=made, submit=submit)

    def edit(self, leg: Leg, data: st.DataObject) -> None:
        """Somebody changes the words of a draft: a new version, but no move."""
        name = data.draw(st.sampled_from(PEOPLE))
        shown = self._shown(leg, name)
        verdict = None if shown is None else policy.may_edit(shown, self.actor(name))
        code = self._code(name, "update", leg, {"fields": {"allergies": "青霉素"}})
        self.touched.add(leg.id)
        if code != "ok":
            self._explained(code, verdict, "update")
            return
        assert verdict
        assert leg.status == Status.DRAFT
        leg.version += 1
        leg.audited["referral.update"] += 1

    def wait(self, _leg: Leg, data: st.DataObject) -> None:
        """Time passes, but never beyond the real present, by which grants are judged."""
        hours = data.draw(st.integers(1, 240))
        self.now = min(self.now + timedelta(hours=hours), timezone.now())

    def sweep(self, _leg: Leg, _data: st.DataObject) -> None:
        """The sweep records who has not come."""
        with scope.transaction_as(Actor.system()):
            late = set(queries.not_arrived(self.now, limit=100))
        for leg in self.legs:
            if leg.id in late:
                assert self._code(SYSTEM, "record_no_show", leg, {}) == "ok"
                self._moved(leg, SYSTEM, "record_no_show")

    # What a move comes to.

    def _shown(self, leg: Leg, name: str) -> Referral | None:
        actor = self.actor(name)
        with scope.transaction_as(actor):
            shown = queries.find(leg.id, actor)
        assert (shown is not None) == self.sees(leg, name)
        return shown

    def _verdicts(self, shown: Referral, name: str) -> dict[str, policy.Verdict]:
        actor = self.actor(name)
        asked = {verb: may(shown, actor) for verb, may in policy.MAY.items() if verb != "expire"}
        return {**asked, "expire": policy.may_expire(shown, actor, at=self.now)}

    def _attempt(self, leg: Leg, name: str, verb: str, data: st.DataObject) -> None:
        """Try a move; what policy shows to a page is what the action then does."""
        shown = self._shown(leg, name)
        verdict = None if shown is None else self._verdicts(shown, name)[verb]
        code = self._code(name, verb, leg, self._words(leg, verb, data))
        self.touched.add(leg.id)
        if code != "ok":
            self._explained(code, verdict, verb)
            return
        assert verdict is not None
        assert verdict.allowed
        assert entitled(leg, name, verb, self.actor(name).facility_id)
        assert leg.status in TRANSITIONS[verb].sources
        self._moved(leg, name, verb)

    def _explained(self, code: str, verdict: policy.Verdict | None, verb: str) -> None:
        if verdict is None:
            assert code == "not-found"
        elif verdict.allowed:
            assert code in RULES.get(verb, set())
        else:
            assert code == verdict.code

    def _code(self, name: str, verb: str, leg: Leg, words: dict[str, Any]) -> str:
        moment = {} if verb == "update" else {"now": self.now}
        try:
            self.result = act(self.actor(name), getattr(actions, verb), leg.id, **moment, **words)
        except Refused as refusal:
            return refusal.code
        return "ok"

    def _words(self, leg: Leg, verb: str, data: st.DataObject) -> dict[str, Any]:
        if verb in {"answer", "ask_information", "send_back", "void"}:
            return {"note": "请补充"}
        if verb in {"schedule", "reschedule"}:
            return {"scheduled_for": self.now + timedelta(hours=data.draw(st.integers(1, 200)))}
        if verb == "redirect":
            places = sorted(facility.pk for facility in self.world.facilities.values())
            return {"to_facility_id": data.draw(st.sampled_from(places))}
        if verb == "complete":
            why = data.draw(st.sampled_from(["", *NoReturnReason.values]))
            outcome = data.draw(st.sampled_from(Outcome.values))
            return {"outcome": outcome, "no_return_reason": why}
        reasons = {"decline": "capacity", "cancel": "condition_changed", "put_off": "cost"}
        return {"reason": reasons[verb]} if verb in reasons else {}

    def _moved(self, leg: Leg, name: str, verb: str) -> None:
        """Bring the model to where the move leads."""
        target = TRANSITIONS[verb].target
        leg.submitted = leg.submitted or verb in {"submit", "approve"}
        self._step(leg, name, verb, target)
        if verb in {"submit", "approve"} and leg.urgency == Urgency.EMERGENCY:
            self._step(leg, name, "accept", TRANSITIONS["accept"].target)
        if verb == "redirect":
            self._redirected(leg, name)

    def _step(self, leg: Leg, name: str, verb: str, target: Status) -> None:
        leg.status = target
        leg.version += 1
        leg.moves.append((leg.version, verb))
        leg.told[leg.version, messages.TOPICS[verb]] = self._concerned(leg, name)
        leg.audited[f"referral.{verb}"] += 1
        if leg.submitted and target in ENDED:
            arrived = any(move == "arrive" for _version, move in leg.moves)
            keeps = limits.access_after_end() if arrived else timedelta()
            leg.access_ends = min(leg.access_ends or self.now + keeps, self.now + keeps)
        self.touched.add(leg.id)

    def _concerned(self, leg: Leg, name: str) -> set[UUID]:
        everybody = {leg.sender} | ({leg.origin, leg.receiver} if leg.submitted else set())
        return {each for each in everybody if each} - {self.actor(name).facility_id}

    def _redirected(self, leg: Leg, name: str) -> None:
        row: Referral = self.result
        new = self._model_of(row)
        new.status, new.submitted, new.urgency = Status.SUBMITTED, True, leg.urgency
        new.told[1, messages.TOPICS["submit"]] = self._concerned(new, name)
        new.audited["referral.submit"] += 1
        self._add(new)

    def _born(self, row: Referral, name: str, *, audited: str, submit: bool) -> None:
        leg = self._model_of(row)
        at_once = submit and audited == "referral.create" and row.urgency != Urgency.EMERGENCY
        leg.audited[audited] += not at_once
        self._add(leg)
        if submit:
            self._moved(leg, name, "submit")

    def _model_of(self, row: Referral) -> Leg:
        places = (row.origin_id, row.from_facility_id, row.to_facility_id)
        return Leg(row.pk, row.episode_id, row.patient_id, *places, row.urgency)

    def _add(self, leg: Leg) -> None:
        self.legs.append(leg)
        self.touched.add(leg.id)

    # What must hold after every step.

    @invariant()
    def what_is_stored_is_what_the_model_says(self) -> None:
        with scope.transaction_as(Actor.system()):
            for leg in self.legs:
                if leg.id in self.touched:
                    self._check(leg)
            for episode in {leg.episode for leg in self.legs if leg.id in self.touched}:
                self._check_episode(episode)
        self.touched.clear()
        self.sound = True

    def _check(self, leg: Leg) -> None:
        row = Referral.objects.get(pk=leg.id)
        assert (row.status, row.version) == (leg.status, leg.version)
        history = list(Transition.objects.filter(referral=leg.id).order_by("version"))
        assert [(move.version, move.verb) for move in history] == leg.moves
        assert Counter(move.verb for move in history)["accept"] <= 1
        for before, move in pairwise(history):
            assert move.from_status == before.to_status
            assert move.from_status in TRANSITIONS[move.verb].sources
            assert move.to_status == TRANSITIONS[move.verb].target
        self._check_told(leg)
        grants = AccessGrant.objects.filter(reference=leg.id)
        expected = [(leg.receiver, leg.access_ends)] if leg.submitted else []
        assert [(grant.facility_id, grant.ends) for grant in grants] == expected

    def _check_told(self, leg: Leg) -> None:
        told: dict[tuple[int, str], set[UUID]] = {key: set() for key in leg.told}
        for message in OutboxMessage.objects.filter(subject=leg.id):
            told.setdefault((message.sequence, message.topic), set()).add(message.recipient_id)
        assert told == leg.told
        changes = Event.objects.filter(referral_ids__contains=[leg.id], kind=Kind.CHANGE)
        assert Counter(changes.values_list("what", flat=True)) == leg.audited

    def _check_episode(self, episode_id: UUID) -> None:
        episode = Episode.objects.get(pk=episode_id)
        still = sum(leg.episode == episode_id and leg.status in OPEN for leg in self.legs)
        assert episode.open_legs == still
        assert (episode.closed_at is None) == (still > 0)

    # The end.

    def teardown(self) -> None:
        """Show that every episode can end, by moves that somebody may make; then forget everything."""
        try:
            if self.sound:
                self._end_everything()
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    def _end_everything(self) -> None:
        for leg in list(self.legs):
            while leg.status in OPEN:
                name, verb, words = self._way_out(leg)
                assert self._code(name, verb, leg, words) == "ok", (leg, name, verb)
                self._moved(leg, name, verb)
        self.touched.update(leg.id for leg in self.legs)
        self.what_is_stored_is_what_the_model_says()

    def _way_out(self, leg: Leg) -> tuple[str, str, dict[str, Any]]:
        """Return a next move towards the end that a person may make."""
        for verb in ("complete", "arrive", "accept", "answer", "cancel"):
            if leg.status not in TRANSITIONS[verb].sources:
                continue
            for name in CAST:
                shown = self._shown(leg, name)
                if shown is not None and self._verdicts(shown, name)[verb].allowed:
                    return name, verb, self._last_words(leg, verb)
        raise AssertionError(f"nobody can move {leg}")

    def _last_words(self, leg: Leg, verb: str) -> dict[str, Any]:
        if verb != "complete":
            return {"answer": {"note": "已补充"}, "cancel": {"reason": "duplicate"}}.get(verb, {})
        with scope.transaction_as(Actor.system()):
            row = Referral.objects.get(pk=leg.id)
            returned = queries.live_return(row)
        if row.direction == "down":
            return {"outcome": Outcome.HANDED_ON.value}
        reason = "" if returned else NoReturnReason.CONTINUED_CARE.value
        return {"outcome": Outcome.IMPROVED.value, "no_return_reason": reason}
