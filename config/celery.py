"""The Celery application; options and the beat schedule are in settings.py."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("referral")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
