"""Stores the days on which the State Council's yearly notice departs from the week (调休)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Holiday(models.Model):
    """One such day: a working weekend day, or a day off; every other day follows the week."""

    day = models.DateField(_("Day"), primary_key=True)
    is_working = models.BooleanField(_("Working day"))
    source = models.CharField(_("Source"), max_length=200)

    class Meta:
        verbose_name = _("Holiday or working weekend")
        verbose_name_plural = _("Holidays and working weekends")
        ordering: ClassVar = ["day"]

    def __str__(self) -> str:
        return self.day.isoformat()
