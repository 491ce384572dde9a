"""Tables of ways beyond the plain rules: choices of route, and secret addresses of a referral."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids

LINK = """
ALTER TABLE referral_link ADD CONSTRAINT link_token_is_a_digest
    CHECK (octet_length(token_hash) = 32);
ALTER TABLE referral_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_link FORCE ROW LEVEL SECURITY;
CREATE POLICY link_seen ON referral_link FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY link_made ON referral_link FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR (facility_id = (SELECT scope_facility())
    AND EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id)));
CREATE POLICY link_changed ON referral_link FOR UPDATE USING (
    (SELECT scope_is_system()) OR (facility_id = (SELECT scope_facility())
    AND EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id)));
-- Used and taken back are noted once; nothing else of a link ever changes, whoever writes.
CREATE FUNCTION referral_check_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - ARRAY['used_at', 'revoked_at']
            IS DISTINCT FROM to_jsonb(OLD) - ARRAY['used_at', 'revoked_at']
        OR (OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at)
        OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at) THEN
        RAISE EXCEPTION 'a link is used once and taken back once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'referral_link_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referral_link_stays BEFORE UPDATE ON referral_link
    FOR EACH ROW EXECUTE FUNCTION referral_check_link();
"""
LINK_BACK = """
DROP TRIGGER referral_link_stays ON referral_link;
DROP FUNCTION referral_check_link();
DROP POLICY link_changed ON referral_link;
DROP POLICY link_made ON referral_link;
DROP POLICY link_seen ON referral_link;
ALTER TABLE referral_link NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_link DISABLE ROW LEVEL SECURITY;
ALTER TABLE referral_link DROP CONSTRAINT link_token_is_a_digest;
"""

# A choice belongs to the sender's slip: read with its referral, written by the sender before it is sent.
# A submission at once writes it with the referral, in one transaction.
CHOICE = """
ALTER TABLE referral_routechoice ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_routechoice FORCE ROW LEVEL SECURITY;
CREATE POLICY route_choice_seen ON referral_routechoice FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY route_choice_made ON referral_routechoice FOR INSERT WITH CHECK (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id
        AND r.from_facility_id = (SELECT scope_facility())));
CREATE POLICY route_choice_changed ON referral_routechoice FOR UPDATE USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id
        AND r.from_facility_id = (SELECT scope_facility()) AND r.submitted_at IS NULL));
"""
CHOICE_BACK = """
DROP POLICY route_choice_changed ON referral_routechoice;
DROP POLICY route_choice_made ON referral_routechoice;
DROP POLICY route_choice_seen ON referral_routechoice;
ALTER TABLE referral_routechoice NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_routechoice DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    """Two tables behind row-level security that fails closed, and one of numbers about nobody."""

    dependencies: ClassVar = [
        ("referral", "0004_capacity"),
        ("facilities", "0005_capacity"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="RouteChoice",
            fields=[
                (
                    "referral",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="route_choice",
                        serialize=False,
                        to="referral.referral",
                    ),
                ),
                (
                    "skip_reason",
                    models.CharField(
                        choices=[
                            ("capability", "No facility of the next step can do what is needed"),
                            ("no_capacity", "The next step has no capacity in time"),
                            ("declined_below", "The next step has declined or advised to send on"),
                            ("known_there", "Treated there for the same condition"),
                            ("specialty_alliance", "Agreed way of a specialty alliance"),
                            ("patient_lives_there", "The patient lives or is insured there"),
                            (
                                "patient_asks",
                                "The patient or family asks for it, and knows the cost",
                            ),
                            ("other_skip", "Another reason, explained"),
                        ],
                        max_length=24,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("outside", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "Choice of route",
                "verbose_name_plural": "Choices of route",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "skip_reason__in",
                                [
                                    "capability",
                                    "no_capacity",
                                    "declined_below",
                                    "known_there",
                                    "specialty_alliance",
                                    "patient_lives_there",
                                    "patient_asks",
                                    "other_skip",
                                ],
                            )
                        ),
                        name="route_choice_reason_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("skip_reason", "other_skip"), _negated=True),
                            models.Q(("note", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="route_choice_other_is_explained",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Link",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("outside", "Facility outside the network"),
                            ("patient", "Patient"),
                        ],
                        max_length=10,
                    ),
                ),
                ("purpose", models.CharField(blank=True, max_length=24)),
                ("token_hash", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "facility",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="referral.referral",
                    ),
                ),
            ],
            options={
                "verbose_name": "Link",
                "verbose_name_plural": "Links",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["outside", "patient"])),
                        name="link_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="link_ends_after_it_begins",
                    ),
                    models.UniqueConstraint(fields=("token_hash",), name="link_token_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("referral", "kind", "purpose"),
                        name="link_one_in_force",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AnswerTime",
            fields=[
                (
                    "facility",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="answer_time",
                        serialize=False,
                        to="facilities.facility",
                    ),
                ),
                ("median_seconds", models.FloatField(null=True)),
                ("answered", models.PositiveIntegerField()),
                ("measured_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "Time of answering",
                "verbose_name_plural": "Times of answering",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered", 0), ("median_seconds__isnull", True)),
                            models.Q(
                                ("answered__gt", 0),
                                ("median_seconds__gte", 0),
                                ("median_seconds__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="answer_time_iff_answered",
                    )
                ],
            },
        ),
        migrations.RunSQL(LINK, LINK_BACK),
        migrations.RunSQL(CHOICE, CHOICE_BACK),
    ]
