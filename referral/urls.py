"""Addresses of the pages of referrals; a verb is its own address, as at the REST door."""

from django.urls import path

from referral import (
    outside_views,
    paper_views,
    patient_link_views,
    search_views,
    today_views,
    tracking_views,
    views,
)
from referral.consulting import views as consulting
from referral.desk import together
from referral.desk import views as desk
from referral.filing import edit, seat
from referral.filing import views as filing
from referral.forms import FORMS
from referral.managing import (
    alliance,
    automatic,
    capability,
    capacity,
    criteria,
    feedback,
    limits,
    messages,
    needs,
    staff,
)
from referral.managing.audit_search import Trail, TrailCheck, TrailExport
from referral.ordering import views as orders

app_name = "referral"
urlpatterns = [
    path("settings/audit/", Trail.as_view(), name="trail"),
    path("settings/audit/check/", TrailCheck.as_view(), name="trail-check"),
    path("settings/audit/export/", TrailExport.as_view(), name="trail-export"),
    path("settings/staff/<uuid:user_id>/legs/", staff.LegsOf.as_view(), name="legs-of"),
    path(
        "settings/directory/<uuid:facility_id>/capabilities/<slug:code>/effect/",
        capability.CapabilityEffect.as_view(),
        name="capability-effect",
    ),
    path("settings/capacity/", capacity.Week.as_view(), name="capacity"),
    path("settings/capacity/plan/", capacity.Plan.as_view(), name="plan-capacity"),
    path("settings/capacity/<uuid:pool_id>/", capacity.Session.as_view(), name="session"),
    path("", today_views.Today.as_view(), name="today"),
    path("work/<slug:kind>/", today_views.Work.as_view(), name="work"),
    path("alliance/", alliance.Picture.as_view(), name="alliance"),
    path("alliance/referrals/", alliance.UnderWay.as_view(), name="under-way"),
    path("settings/limits/", limits.Limits.as_view(), name="limits"),
    path(
        "settings/limits/<uuid:alliance_id>/rules/<uuid:rule_id>/withdraw/",
        limits.Withdraw.as_view(),
        name="withdraw-rule",
    ),
    path(
        "settings/limits/<uuid:alliance_id>/<slug:stage>/<slug:urgency>/<slug:direction>/",
        limits.LimitOf.as_view(),
        name="limit",
    ),
    path(
        "settings/limits/<uuid:alliance_id>/automatic/<slug:stage>/",
        automatic.Automatic.as_view(),
        name="automatic",
    ),
    path("settings/feedback/", feedback.Given.as_view(), name="feedback"),
    path(
        "settings/feedback/<uuid:referral_id>/hide/",
        feedback.Hide.as_view(),
        name="hide-feedback",
    ),
    path("settings/criteria/", criteria.Criteria.as_view(), name="criteria"),
    path(
        "settings/criteria/<uuid:alliance_id>/rules/<uuid:rule_id>/withdraw/",
        criteria.WithdrawCriterion.as_view(),
        name="withdraw-criterion",
    ),
    path(
        "settings/criteria/<uuid:alliance_id>/<slug:rule>/",
        criteria.Criterion.as_view(),
        name="criterion",
    ),
    path(
        "settings/criteria/<uuid:alliance_id>/<slug:rule>/turned/",
        criteria.Turned.as_view(),
        name="criterion-turned",
    ),
    path("settings/needs/", needs.Needs.as_view(), name="needs"),
    path("settings/needs/all/", needs.SetNeeds.as_view(), name="set-needs-of-all"),
    path("settings/needs/<uuid:department_id>/", needs.SetNeeds.as_view(), name="set-needs"),
    path("settings/messages/", messages.Messages.as_view(), name="messages"),
    path(
        "settings/messages/<uuid:alliance_id>/rules/<uuid:rule_id>/withdraw/",
        messages.WithdrawMessage.as_view(),
        name="withdraw-message",
    ),
    path(
        "settings/messages/<uuid:alliance_id>/<slug:code>/",
        messages.MessageOf.as_view(),
        name="message",
    ),
    path("file/", filing.Start.as_view(), name="file"),
    path("file/person/", filing.NewPerson.as_view(), name="file-person"),
    path("file/places/", filing.Places.as_view(), name="file-places"),
    path("file/diagnoses/", filing.Diagnoses.as_view(), name="file-diagnoses"),
    path("referrals/<uuid:referral_id>/edit/", edit.Edit.as_view(), name="edit"),
    path("referrals/<uuid:referral_id>/seat/", seat.Seat.as_view(), name="seat"),
    path("referrals/<uuid:referral_id>/resend/", filing.Resend.as_view(), name="resend"),
    path(
        "referrals/<uuid:referral_id>/patient-link/",
        patient_link_views.PatientLink.as_view(),
        name="patient-link",
    ),
    path("referrals/<uuid:referral_id>/slip.pdf", paper_views.Slip.as_view(), name="slip"),
    path(
        "referrals/<uuid:referral_id>/consent.pdf",
        paper_views.ConsentForm.as_view(),
        name="consent-form",
    ),
    path(
        "referrals/<uuid:referral_id>/documents/<uuid:attachment_id>/",
        paper_views.Document.as_view(),
        name="attachment",
    ),
    path("t/<str:token>/", tracking_views.Tracking.as_view(), name="tracking"),
    path("o/", outside_views.Outside.as_view(), name="outside"),
    path("o/move/<slug:verb>/", outside_views.OutsideMove.as_view(), name="outside-move"),
    path("o/<str:token>/", outside_views.Enter.as_view(), name="outside-enter"),
    path("orders/", orders.Orders.as_view(), name="orders"),
    path("orders/<uuid:order_id>/", orders.Order.as_view(), name="order"),
    *(
        path(
            f"orders/<uuid:order_id>/{step}/",
            orders.Step.as_view(),
            {"step": step},
            name=f"order-{step}",
        )
        for step in orders.STEPS
    ),
    path(
        "orders/<uuid:order_id>/files/<uuid:file_id>/",
        orders.OrderFile.as_view(),
        name="order-document",
    ),
    path("referrals/<uuid:referral_id>/order/", orders.NewOrder.as_view(), name="new-order"),
    path("advice/", consulting.Advices.as_view(), name="advices"),
    path("advice/new/<uuid:patient_id>/", consulting.NewAdvice.as_view(), name="new-advice"),
    path("advice/<uuid:advice_id>/", consulting.Advice.as_view(), name="advice"),
    *(
        path(
            f"advice/<uuid:advice_id>/{step}/",
            consulting.AdviceStep.as_view(),
            {"step": step},
            name=f"advice-{step}",
        )
        for step in consulting.STEPS
    ),
    path("search/", search_views.Search.as_view(), name="search"),
    path("counters/", desk.Counters.as_view(), name="counters"),
    path("desk/arrivals/", desk.Arrivals.as_view(), name="arrivals"),
    path("desk/ready/", desk.Ready.as_view(), name="ready"),
    path("desk/ready/<uuid:referral_id>/stay/", desk.Stay.as_view(), name="stay"),
    path("desk/together/", together.Together.as_view(), name="together"),
    path("boxes/<slug:box>/", views.Box.as_view(), name="box"),
    path("referrals/<uuid:referral_id>/", views.Detail.as_view(), name="referral"),
    path("episodes/<uuid:episode_id>/", views.Journey.as_view(), name="episode"),
    *(
        path(
            f"referrals/<uuid:referral_id>/{verb.replace('_', '-')}/",
            views.Move.as_view(verb=verb),
            name=verb.replace("_", "-"),
        )
        for verb in FORMS
    ),
]
