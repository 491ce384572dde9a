"""Tables of: documents. Who read a message, and requests for advice under row-level security."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids

# Both sides see a request, and nobody else: it has no alliance. Whoever asked makes it, in the name of its
# own facility, and each side changes only what is its own; a request moves as policy_advice says.
ADVICE = """
ALTER TABLE referral_advicerequest ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY advice_seen ON referral_advicerequest FOR SELECT USING (
    (SELECT scope_is_system())
    OR from_facility_id = (SELECT scope_facility()) OR to_facility_id = (SELECT scope_facility()));
CREATE POLICY advice_asked ON referral_advicerequest FOR INSERT WITH CHECK (
    (SELECT scope_is_system())
    OR (from_facility_id = (SELECT scope_facility()) AND state = 'asked'));
CREATE POLICY advice_changed ON referral_advicerequest FOR UPDATE USING (
    (SELECT scope_is_system())
    OR from_facility_id = (SELECT scope_facility()) OR to_facility_id = (SELECT scope_facility()));
CREATE FUNCTION referral_check_advice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF scope_is_system() OR (OLD.state, NEW.state) = ('asked', 'answered')
            AND OLD.to_facility_id = scope_facility()
        OR (OLD.state, NEW.state) IN (
            ('asked', 'converted'), ('asked', 'withdrawn'),
            ('answered', 'converted'), ('answered', 'avoided'))
            AND OLD.from_facility_id = scope_facility() AND NEW.answer = OLD.answer THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'illegal move of a request for advice from % to %', OLD.state, NEW.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'advice_legal_move';
END $$;
CREATE TRIGGER advice_legal_move BEFORE UPDATE ON referral_advicerequest
    FOR EACH ROW EXECUTE FUNCTION referral_check_advice();
CREATE TRIGGER advice_stays BEFORE UPDATE ON referral_advicerequest
    FOR EACH ROW EXECUTE FUNCTION referral_check_change(
        'state', 'answer', 'answered_at', 'answered_by_id', 'ended_at', 'note', 'referral_id');
"""
ADVICE_BACK = """
DROP TRIGGER advice_stays ON referral_advicerequest;
DROP TRIGGER advice_legal_move ON referral_advicerequest;
DROP FUNCTION referral_check_advice();
DROP POLICY advice_changed ON referral_advicerequest;
DROP POLICY advice_asked ON referral_advicerequest;
DROP POLICY advice_seen ON referral_advicerequest;
ALTER TABLE referral_advicerequest NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

MESSAGE = """
DROP TRIGGER referral_message_stays ON referral_message;
CREATE TRIGGER referral_message_stays BEFORE UPDATE ON referral_message
    FOR EACH ROW EXECUTE FUNCTION referral_check_change({columns});
"""
READ = MESSAGE.format(columns="'read_at', 'read_by_id'")
READ_BACK = MESSAGE.format(columns="'read_at'")


class Migration(migrations.Migration):
    """What this subject adds."""

    dependencies: ClassVar = [
        ("referral", "0007_completeness"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="AdviceRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Asked"),
                            ("answered", "Answered"),
                            ("converted", "Became a referral"),
                            ("avoided", "Referral avoided"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                (
                    "diagnosis",
                    models.TextField(blank=True, verbose_name="Diagnosis or first impression"),
                ),
                ("question", models.TextField(verbose_name="Question")),
                ("answer", models.TextField(blank=True, verbose_name="Answer")),
                ("note", models.TextField(blank=True, verbose_name="Note")),
                ("asked_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "from_facility",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "referral",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="advice",
                        to="referral.referral",
                    ),
                ),
                (
                    "to_department",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.department",
                    ),
                ),
                (
                    "to_facility",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                ),
            ],
            options={
                "verbose_name": "Request for advice",
                "verbose_name_plural": "Requests for advice",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["asked", "answered", "converted", "avoided", "withdrawn"],
                            )
                        ),
                        name="advice_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("to_facility", models.F("from_facility")), _negated=True
                        ),
                        name="advice_ends_differ",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("answer", ""), _negated=True),
                                ("answered_at__isnull", False),
                            ),
                            models.Q(
                                ("answer", ""),
                                models.Q(("answered_at__isnull", False), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="advice_answer_has_its_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["answered", "avoided"]), _negated=True),
                            ("answered_at__isnull", False),
                            _connector="OR",
                        ),
                        name="advice_answered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["asked", "withdrawn"]), _negated=True),
                            ("answered_at__isnull", True),
                            _connector="OR",
                        ),
                        name="advice_unanswered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state__in", ("converted", "avoided", "withdrawn")),
                                ("ended_at__isnull", False),
                            ),
                            models.Q(
                                models.Q(
                                    ("state__in", ("converted", "avoided", "withdrawn")),
                                    _negated=True,
                                ),
                                models.Q(("ended_at__isnull", False), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="advice_ended_iff_at_an_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "converted"), ("referral__isnull", False)),
                            models.Q(
                                models.Q(("state", "converted"), _negated=True),
                                models.Q(("referral__isnull", False), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="advice_referral_iff_converted",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["to_facility", "-asked_at", "-id"], name="advice_inbox"),
                    models.Index(fields=["from_facility", "-asked_at", "-id"], name="advice_sent"),
                ],
            },
        ),
        migrations.AddField(
            model_name="message",
            name="read_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("read_by__isnull", False), _negated=True),
                    ("read_at__isnull", False),
                    _connector="OR",
                ),
                name="message_reader_only_if_read",
            ),
        ),
        migrations.RunSQL(READ, READ_BACK),
        migrations.RunSQL(ADVICE, ADVICE_BACK),
    ]
