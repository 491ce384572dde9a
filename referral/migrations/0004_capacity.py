"""What referrals take of the pools: bookings, who sees them, and how a free place is counted."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import accounts.ids

SECURITY = """
ALTER TABLE referral_booking ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_booking FORCE ROW LEVEL SECURITY;
CREATE POLICY booking_seen ON referral_booking FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY booking_written ON referral_booking FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR (facility_id = (SELECT scope_facility())
    AND EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id)));
CREATE POLICY booking_changed ON referral_booking FOR UPDATE USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
"""

SECURITY_BACK = """
DROP POLICY booking_changed ON referral_booking;
DROP POLICY booking_written ON referral_booking;
DROP POLICY booking_seen ON referral_booking;
ALTER TABLE referral_booking NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_booking DISABLE ROW LEVEL SECURITY;
"""

# The count must see the bookings of everybody, so each function raises the system flag for its own
# statements and puts the former value back; nothing leaves them but a number. Whoever fails between
# the two rolls the flag back with everything else.
COUNTING = """
CREATE FUNCTION referral_places_free(pool facilities_pool, primary_care boolean, at timestamptz)
RETURNS integer LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    former text := current_setting('scope.system', true);
    taken integer;
    taken_by_primary integer;
    free integer;
BEGIN
    PERFORM set_config('scope.system', 'on', true);
    SELECT count(*), count(*) FILTER (WHERE b.from_primary) INTO taken, taken_by_primary
    FROM referral_booking b WHERE b.pool_id = pool.id AND b.released_at IS NULL
        AND (b.state = 'booked' OR b.held_until > at);
    PERFORM set_config('scope.system', coalesce(former, ''), true);
    free := pool.places - taken;
    IF NOT primary_care AND at < pool.released_at THEN
        free := free
            - greatest(ceil(pool.places * pool.reserved_percent / 100.0)::integer - taken_by_primary, 0);
    END IF;
    RETURN greatest(free, 0);
END $$;

-- To be called under the lock of the pool's row.
CREATE FUNCTION referral_next_seat(wanted uuid, primary_care boolean, at timestamptz)
RETURNS integer LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
    former text := current_setting('scope.system', true);
    pool facilities_pool;
    found integer;
BEGIN
    SELECT * INTO pool FROM facilities_pool p WHERE p.id = wanted;
    PERFORM set_config('scope.system', 'on', true);
    UPDATE referral_booking SET state = 'released', held_until = NULL, released_at = at,
        release_reason = 'lapsed'
    -- Rows that somebody is working on are left: whoever waits for them here could wait in a circle.
    WHERE id IN (
        SELECT b.id FROM referral_booking b WHERE b.pool_id = wanted AND b.released_at IS NULL
            AND b.state = 'held' AND b.held_until <= at FOR UPDATE SKIP LOCKED);
    IF referral_places_free(pool, primary_care, at) > 0 THEN
        SELECT min(n) INTO found FROM generate_series(1, pool.places) n WHERE NOT EXISTS (
            SELECT 1 FROM referral_booking b
            WHERE b.pool_id = wanted AND b.seat = n AND b.released_at IS NULL);
    END IF;
    PERFORM set_config('scope.system', coalesce(former, ''), true);
    RETURN found;
END $$;
"""

COUNTING_BACK = """
DROP FUNCTION referral_next_seat(uuid, boolean, timestamptz);
DROP FUNCTION referral_places_free(facilities_pool, boolean, timestamptz);
"""

# The last line: no seat beyond the limit, no limit below what is taken, no booking that changes its leg.
LIMITS = """
CREATE FUNCTION referral_check_booking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND ((NEW.id, NEW.referral_id, NEW.pool_id, NEW.facility_id, NEW.seat,
        NEW.from_primary, NEW.made_at) IS DISTINCT FROM (OLD.id, OLD.referral_id, OLD.pool_id,
        OLD.facility_id, OLD.seat, OLD.from_primary, OLD.made_at)
        OR OLD.state = 'released' OR (OLD.state = 'booked' AND NEW.state = 'held')) THEN
        RAISE EXCEPTION 'a booking is only confirmed or released'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'booking_facts_stay';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.seat > (SELECT p.places FROM facilities_pool p WHERE p.id = NEW.pool_id) THEN
        RAISE EXCEPTION 'the pool has no seat %', NEW.seat
            USING ERRCODE = 'check_violation', CONSTRAINT = 'booking_within_limit';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referral_booking_stays BEFORE INSERT OR UPDATE ON referral_booking
    FOR EACH ROW EXECUTE FUNCTION referral_check_booking();

CREATE FUNCTION referral_check_limit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    former text := current_setting('scope.system', true);
    taken integer;
BEGIN
    IF (NEW.id, NEW.facility_id, NEW.kind) IS DISTINCT FROM (OLD.id, OLD.facility_id, OLD.kind) THEN
        RAISE EXCEPTION 'a pool stays where it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pool_facts_stay';
    END IF;
    IF NEW.places < OLD.places THEN
        PERFORM set_config('scope.system', 'on', true);
        SELECT count(*) INTO taken FROM referral_booking b WHERE b.pool_id = NEW.id AND b.released_at IS NULL
            AND (b.state = 'booked' OR (b.state = 'held' AND b.held_until > statement_timestamp()));
        PERFORM set_config('scope.system', coalesce(former, ''), true);
        IF taken > NEW.places THEN
            RAISE EXCEPTION 'more than % places are taken', NEW.places
                USING ERRCODE = 'check_violation', CONSTRAINT = 'pool_not_below_taken';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referral_pool_limit BEFORE UPDATE ON facilities_pool
    FOR EACH ROW EXECUTE FUNCTION referral_check_limit();
"""

LIMITS_BACK = """
DROP TRIGGER referral_pool_limit ON facilities_pool;
DROP FUNCTION referral_check_limit();
DROP TRIGGER referral_booking_stays ON referral_booking;
DROP FUNCTION referral_check_booking();
"""


class Migration(migrations.Migration):
    """Seats are unique in their pool while they are taken, whoever counted them."""

    dependencies: ClassVar = [("referral", "0003_criteria"), ("facilities", "0005_capacity")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Booking",
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
                ("seat", models.PositiveSmallIntegerField()),
                ("from_primary", models.BooleanField()),
                (
                    "state",
                    models.CharField(
                        choices=[("held", "Held"), ("booked", "Booked"), ("released", "Released")],
                        max_length=10,
                    ),
                ),
                ("held_until", models.DateTimeField(null=True)),
                ("made_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "release_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("decline", "Declined"),
                            ("cancel", "Cancelled"),
                            ("record_no_show", "Did not arrive"),
                            ("redirect", "Redirected"),
                            ("expire", "Expired"),
                            ("void", "Entered in error"),
                            ("moved", "Moved to another time or place"),
                            ("given_back", "Given back by the sender"),
                            ("lapsed", "The hold ran out"),
                        ],
                        max_length=20,
                    ),
                ),
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
                    "pool",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.pool",
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="referral.referral",
                    ),
                ),
            ],
            options={
                "verbose_name": "Booking",
                "verbose_name_plural": "Bookings",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "held")),
                        fields=["held_until"],
                        name="booking_holds",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("released_at__isnull", True)),
                        fields=("pool", "seat"),
                        name="booking_one_a_seat",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("released_at__isnull", True)),
                        fields=("referral",),
                        name="booking_one_a_referral",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["held", "booked", "released"])),
                        name="booking_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seat__gte", 1)), name="booking_seats_begin_at_1"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "held"), ("held_until__isnull", False)),
                            models.Q(
                                models.Q(("state", "held"), _negated=True),
                                models.Q(("held_until__isnull", False), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="booking_held_until",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "released"), ("released_at__isnull", False)),
                            models.Q(
                                models.Q(("state", "released"), _negated=True),
                                models.Q(("released_at__isnull", False), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="booking_released",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state", "released"),
                                models.Q(("release_reason", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "released"), _negated=True),
                                ("release_reason", ""),
                            ),
                            _connector="OR",
                        ),
                        name="booking_release_coded",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SECURITY, SECURITY_BACK),
        migrations.RunSQL(COUNTING, COUNTING_BACK),
        migrations.RunSQL(LIMITS, LIMITS_BACK),
    ]
