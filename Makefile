# The commands of this project. Only Python >= 3.11 with venv, and make, must be there.
# PORT and DATA_DIR choose where `make run` listens and keeps its data.

VENV ?= .venv
# The first Python that is new enough and can make an environment; `make PYTHON=…` chooses another. The operating
# system's own comes first: it is kept safe with the system, and is linked to run a quarter faster than one that
# a version manager builds, so a request and the tests are.
PYTHON ?= $(shell for p in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if $$p -c 'import sys; import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; exit; fi; \
	done; echo python3)
BIN := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help python install install-dev run test check demo bench bench-nation tour format lock

help:
	@echo "make run     start everything and show where to sign in (Ctrl-C stops it)"
	@echo "make demo    act a day of referrals through the API of the running system"
	@echo "make test    all tests, on real servers of their own"
	@echo "make check   lint, types, architecture, migrations, templates, translations"
	@echo "make bench   measure, and write docs/benchmarks.md (QUICK=1: two minutes; ARGS=--pages: pages)"
	@echo "make bench-nation  how it grows up to 10,000,000 referrals (an hour and 65 GB the first time)"
	@echo "make tour    take the pictures of docs/tour.md anew from a demonstration of its own"
	@echo "make format  format the code;  make lock  compile requirements*.txt again"

python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "No Python was found: install Python 3.11 or newer." >&2; exit 1; }
	@$(PYTHON) config/launch/require_python.py

install: python
	@$(PYTHON) -m config.launch.install $(VENV) requirements.txt

install-dev: python
	@$(PYTHON) -m config.launch.install $(VENV) requirements-dev.txt

run: install
	@exec $(BIN) -m config.launch run

test: install-dev
	@$(BIN) -m config.launch browser
	@exec $(BIN) -m pytest -n auto --dist worksteal $(ARGS)

check: install-dev
	@exec $(BIN) -m config.launch check

demo: install
	@exec $(BIN) manage.py demo $(ARGS)

bench: install-dev
	@exec $(BIN) -m bench $(if $(QUICK),--quick) $(ARGS)

bench-nation: install-dev
	@exec $(BIN) -m bench.nation $(ARGS)

tour: install-dev
	@$(BIN) -m config.launch browser
	@exec $(BIN) -m tour

format: install-dev
	@$(BIN) -m ruff check --fix --quiet . ; exec $(BIN) -m ruff format .

# Written without the machine's package index, so that the files say the same everywhere.
COMPILE = $(BIN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links pyproject.toml
lock:
	@$(COMPILE) -o requirements.txt
	@$(COMPILE) --extra dev -c requirements.txt -o requirements-dev.txt
