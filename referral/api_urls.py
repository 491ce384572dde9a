"""Routes of the REST door to referrals; a verb is its own address."""

from django.urls import URLPattern, path

from accounts.rest import ApiView
from referral.api import (
    advice,
    assignments,
    capacity,
    clocks,
    completeness,
    consents,
    criteria,
    destinations,
    documentation,
    orders,
    papers,
    returns,
    sharing,
)
from referral.api import referrals as api
from referral.states import TRANSITIONS

REFERRAL = "referrals/<uuid:referral_id>/"
FACILITY = "facilities/<uuid:facility_id>/"


def _beside(part: str, view: type[ApiView]) -> URLPattern:
    """Return the route of what stands beside a referral; its name tells the address."""
    name = f"referral-{part.replace('/', '-')}"
    return path(f"{REFERRAL}{part}/", view.as_view(), name=name)


urlpatterns = [
    _beside("clock", clocks.ReferralClock),
    path(
        "alliances/<uuid:alliance_id>/limits/",
        clocks.AllianceLimits.as_view(),
        name="alliance-limits",
    ),
    path(
        "alliances/<uuid:alliance_id>/automatic-steps/",
        clocks.AllianceAutomaticSteps.as_view(),
        name="alliance-automatic-steps",
    ),
    path(
        "alliances/<uuid:alliance_id>/rules/<uuid:rule_id>/",
        clocks.AllianceRule.as_view(),
        name="alliance-rule",
    ),
    path("orders/", orders.OrderList.as_view(), name="order-list"),
    path("orders/<uuid:order_id>/", orders.OrderDetail.as_view(), name="order-detail"),
    path("orders/<uuid:order_id>/receive/", orders.OrderReceive.as_view(), name="order-receive"),
    path("orders/<uuid:order_id>/files/", orders.OrderFiles.as_view(), name="order-files"),
    path(
        "orders/<uuid:order_id>/files/<uuid:file_id>/",
        orders.OrderFile.as_view(),
        name="order-file",
    ),
    path("orders/<uuid:order_id>/report/", orders.OrderReport.as_view(), name="order-report"),
    path("orders/<uuid:order_id>/cancel/", orders.OrderCancel.as_view(), name="order-cancel"),
    path("assignments/", assignments.AssignmentList.as_view(), name="assignment-list"),
    path("destinations/", destinations.Destinations.as_view(), name="destination-list"),
    path("referrals/", api.ReferralList.as_view(), name="referral-list"),
    path(REFERRAL, api.ReferralDetail.as_view(), name="referral-detail"),
    _beside("actions", api.ReferralActions),
    _beside("return", api.ReferralReturn),
    _beside("timeline", api.ReferralTimeline),
    _beside("messages", sharing.ReferralMessages),
    _beside("messages/read", sharing.ReferralMessagesRead),
    path("messages/unread/", sharing.UnreadMessages.as_view(), name="messages-unread"),
    path("advice/", advice.AdviceList.as_view(), name="advice-list"),
    path("advice/<uuid:advice_id>/", advice.AdviceDetail.as_view(), name="advice-detail"),
    *(
        path(
            f"advice/<uuid:advice_id>/{verb}/",
            advice.verb_view(verb).as_view(),
            name=f"advice-{verb}",
        )
        for verb in advice.VERBS
    ),
    _beside("follow-ups", returns.ReferralFollowUps),
    _beside("attachments", sharing.ReferralAttachments),
    path(
        f"{REFERRAL}attachments/<uuid:attachment_id>/",
        sharing.ReferralAttachment.as_view(),
        name="referral-attachment",
    ),
    path(f"{REFERRAL}slip.pdf", papers.ReferralSlip.as_view(), name="referral-slip"),
    _beside("tracking/revoke", papers.ReferralTrackingRevoke),
    path(
        f"{REFERRAL}consent.pdf",
        papers.ReferralConsentForm.as_view(),
        name="referral-consent-form",
    ),
    _beside("hold", capacity.ReferralHold),
    path(f"{FACILITY}slots/", capacity.SlotList.as_view(), name="facility-slots"),
    path(f"{FACILITY}slots/<uuid:pool_id>/", capacity.SlotDetail.as_view(), name="facility-slot"),
    path(
        f"{FACILITY}reservation/",
        capacity.SlotReservation.as_view(),
        name="facility-reservation",
    ),
    path(
        "alliances/<uuid:alliance_id>/equipment/",
        capacity.EquipmentList.as_view(),
        name="alliance-equipment",
    ),
    _beside("refer-again", returns.ReferralAgain),
    path("follow-ups/", returns.FollowUpList.as_view(), name="follow-up-list"),
    path("follow-ups/counts/", returns.FollowUpCounts.as_view(), name="follow-up-counts"),
    path("returned/", returns.ReturnedList.as_view(), name="returned-list"),
    _beside("assessment", criteria.ReferralAssessment),
    _beside("down-candidate", criteria.ReferralDownCandidate),
    path("down-candidates/", criteria.DownCandidates.as_view(), name="down-candidate-list"),
    path("criteria/", criteria.Criteria.as_view(), name="criteria-list"),
    path("criteria/evaluate/", criteria.CriteriaEvaluation.as_view(), name="criteria-evaluate"),
    path("criteria/overrides/", criteria.CriteriaOverrides.as_view(), name="criteria-overrides"),
    _beside("outside-link", destinations.ReferralOutsideLink),
    _beside("completeness", completeness.ReferralCompleteness),
    _beside("resend", completeness.ReferralResend),
    _beside("consents", consents.ReferralConsents),
    _beside("documentation", documentation.ReferralDocumentation),
    path(
        "tasks/documentation/",
        documentation.AwaitedDocumentation.as_view(),
        name="documentation-awaited",
    ),
    path("tasks/consents/", consents.AwaitedConsents.as_view(), name="consents-awaited"),
    path(
        "tasks/order-consents/",
        orders.AwaitedOrderConsents.as_view(),
        name="order-consents-awaited",
    ),
    path(
        "tasks/withdrawn-consents/",
        consents.WithdrawnConsents.as_view(),
        name="consents-withdrawn",
    ),
    path("completeness/", completeness.CompletenessCheck.as_view(), name="completeness-check"),
    path(
        f"{FACILITY}needs/",
        completeness.FacilityNeeds.as_view(),
        name="facility-needs",
    ),
    path("episodes/<uuid:episode_id>/", api.EpisodeDetail.as_view(), name="episode-detail"),
    *(_beside(verb.replace("_", "-"), api.verb_view(verb)) for verb in TRANSITIONS),
]
