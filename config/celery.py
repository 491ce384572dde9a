"""The Celery application; options and the tasks that come due are in settings.py and beat.py."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("referral")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
