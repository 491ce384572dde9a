"""Routes of the REST door to referrals; a verb is its own address."""

from django.urls import path

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

urlpatterns = [
    path(f"{REFERRAL}clock/", clocks.ReferralClock.as_view(), name="referral-clock"),
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
    path(f"{REFERRAL}actions/", api.ReferralActions.as_view(), name="referral-actions"),
    path(f"{REFERRAL}return/", api.ReferralReturn.as_view(), name="referral-return"),
    path(f"{REFERRAL}timeline/", api.ReferralTimeline.as_view(), name="referral-timeline"),
    path(f"{REFERRAL}messages/", sharing.ReferralMessages.as_view(), name="referral-messages"),
    path(
        f"{REFERRAL}messages/read/",
        sharing.ReferralMessagesRead.as_view(),
        name="referral-messages-read",
    ),
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
    path(
        f"{REFERRAL}follow-ups/",
        returns.ReferralFollowUps.as_view(),
        name="referral-follow-ups",
    ),
    path(
        f"{REFERRAL}attachments/",
        sharing.ReferralAttachments.as_view(),
        name="referral-attachments",
    ),
    path(
        f"{REFERRAL}attachments/<uuid:attachment_id>/",
        sharing.ReferralAttachment.as_view(),
        name="referral-attachment",
    ),
    path(f"{REFERRAL}slip.pdf", papers.ReferralSlip.as_view(), name="referral-slip"),
    path(
        f"{REFERRAL}tracking/revoke/",
        papers.ReferralTrackingRevoke.as_view(),
        name="referral-tracking-revoke",
    ),
    path(
        f"{REFERRAL}consent.pdf",
        papers.ReferralConsentForm.as_view(),
        name="referral-consent-form",
    ),
    path(f"{REFERRAL}hold/", capacity.ReferralHold.as_view(), name="referral-hold"),
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
    path(f"{REFERRAL}refer-again/", returns.ReferralAgain.as_view(), name="referral-refer-again"),
    path("follow-ups/", returns.FollowUpList.as_view(), name="follow-up-list"),
    path("follow-ups/counts/", returns.FollowUpCounts.as_view(), name="follow-up-counts"),
    path("returned/", returns.ReturnedList.as_view(), name="returned-list"),
    path(
        f"{REFERRAL}assessment/",
        criteria.ReferralAssessment.as_view(),
        name="referral-assessment",
    ),
    path(
        f"{REFERRAL}down-candidate/",
        criteria.ReferralDownCandidate.as_view(),
        name="referral-down-candidate",
    ),
    path("down-candidates/", criteria.DownCandidates.as_view(), name="down-candidate-list"),
    path("criteria/", criteria.Criteria.as_view(), name="criteria-list"),
    path("criteria/evaluate/", criteria.CriteriaEvaluation.as_view(), name="criteria-evaluate"),
    path("criteria/overrides/", criteria.CriteriaOverrides.as_view(), name="criteria-overrides"),
    path(
        f"{REFERRAL}outside-link/",
        destinations.ReferralOutsideLink.as_view(),
        name="referral-outside-link",
    ),
    path(
        f"{REFERRAL}completeness/",
        completeness.ReferralCompleteness.as_view(),
        name="referral-completeness",
    ),
    path(f"{REFERRAL}resend/", completeness.ReferralResend.as_view(), name="referral-resend"),
    path(f"{REFERRAL}consents/", consents.ReferralConsents.as_view(), name="referral-consents"),
    path(
        f"{REFERRAL}documentation/",
        documentation.ReferralDocumentation.as_view(),
        name="referral-documentation",
    ),
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
    *(
        path(
            f"{REFERRAL}{verb.replace('_', '-')}/",
            api.verb_view(verb).as_view(),
            name=f"referral-{verb.replace('_', '-')}",
        )
        for verb in TRANSITIONS
    ),
]
