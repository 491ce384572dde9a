"""Foreign keys point down the same floors as imports; import-linter cannot see those written as strings."""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import CASCADE, PROTECT, Field, Model
from django.db.models.fields.related import ForeignKey, ManyToManyField

from tests.architecture.floors import floor_of

# Rows without a meaning of their own, which go with the row they belong to.
MAY_CASCADE = {
    "accounts.AccessToken.user",
    "accounts.IdempotencyKey.user",
    "accounts.PastPassword.user",
    "accounts.Session.user",
    "accounts.SecondFactor.user",
    "accounts.RecoveryCode.factor",
    "accounts.Identity.user",
}


def _relations() -> Iterator[tuple[str, type[Model], type[Model], Field[object, object]]]:
    """Yield label, owning model, target model and field of each relation of our apps."""
    for model in apps.get_models():
        if model._meta.app_label not in floor_of():
            continue
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey | ManyToManyField) and not field.auto_created:
                target = field.related_model
                assert isinstance(target, type)
                yield f"{model._meta.label}.{field.name}", model, target, field


def test_foreign_keys_point_down() -> None:
    floors = floor_of()
    upward = []
    for label, model, target, _field in _relations():
        here, there = model._meta.app_label, target._meta.app_label
        same = here == there
        if there in floors and not same and floors[there] >= floors[here]:
            upward.append(f"{label} -> {target._meta.label}")
    assert not upward, "these foreign keys point upwards or sideways"


def test_the_two_servants_know_no_domain() -> None:
    """The apps notifications and audit hold plain UUIDs, so that every floor may use them."""
    foreign = [
        label
        for label, model, target, _field in _relations()
        if model._meta.app_label in {"notifications", "audit"}
        and target._meta.app_label not in {"notifications", "audit", "accounts"}
    ]
    assert not foreign


def test_nothing_is_deleted_by_accident() -> None:
    """Deleting a row never takes others along, except the few that mean nothing without it."""
    careless = [
        label
        for label, _model, _target, field in _relations()
        if isinstance(field, ForeignKey)
        and field.remote_field.on_delete is not PROTECT
        and not (field.remote_field.on_delete is CASCADE and label in MAY_CASCADE)
    ]
    assert not careless, "say on_delete=PROTECT, or name the field in MAY_CASCADE with its reason"
