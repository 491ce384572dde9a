"""Stops an old Python with one sentence; written so that old Pythons can read it."""

import sys

if sys.version_info < (3, 11):
    sys.stderr.write(
        "Python 3.11 or newer is needed, this is %d.%d: install one and say `make PYTHON=/path/to/python3 run`.\n"
        % (sys.version_info[0], sys.version_info[1])
    )
    sys.exit(1)
