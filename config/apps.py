"""Makes the composition root an app, so that every process loads the Celery application and the wiring."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig

from config.celery import app as celery_app

__all__ = ["Composition", "celery_app"]


class Composition(AppConfig):
    """Has no models; its import is its work."""

    name = "config"


class Administration(AdminConfig):
    """Django's administration with our site."""

    default_site = "config.admin_site.AdminSite"
