"""Makes the composition root an app, so that every process loads the Celery application and the wiring."""

from django.apps import AppConfig

from config.celery import app as celery_app

__all__ = ["Composition", "celery_app"]


class Composition(AppConfig):
    """Has no models; its import is its work."""

    name = "config"
