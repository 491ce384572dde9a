"""The WSGI application that the web server loads."""

import gc
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

from referral.criteria.checks import demand_sound

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# A server runs no checks: without sound criteria it does not start.
demand_sound()
# All pages now, not with the first visitor.
import_module("config.urls")

# What is loaded by now stays for ever: the collector need not look at it again at each turn, and
# may wait for more than the 700 objects of one request. Measured: 6 % of a request's time.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 100)
