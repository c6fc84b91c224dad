# `make help` lists what there is. Everything works from a fresh clone with Python 3.11+, make and git.
.DEFAULT_GOAL := help
.PHONY: help up environment assets test suite lint style types scripts chromium unit bench chaos lock format

# The first Python that is new enough, or the one you name: make up PYTHON=/opt/python3.13/bin/python3
ifeq ($(origin PYTHON), undefined)
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$python"; break; }; done)
endif
NO_PYTHON = Remit needs Python 3.11 or newer with venv: install it (Debian and Ubuntu: apt install python3 python3-venv), \
	or name it: make up PYTHON=/path/to/python3
# exec: a signal that make passes on must reach Python, not a shell around it.
BOOTSTRAP = test -n "$(PYTHON)" || { echo "$(NO_PYTHON)" >&2; exit 1; }; exec "$(PYTHON)" -m console.embedded.bootstrap
BIN = .venv/bin
# What failed beside others runs once more, alone: if it fails again it is broken, else it is a race, and both are said.
ONCE_MORE = echo "FAILED ONCE: the tests above run again, alone." ; $(BIN)/pytest --last-failed -x || exit 1; \
	echo "FLAKY: what failed above passed alone. That is a race in the product or in the test: mend it."
# A file's tests run in one process, since they share what they start; the slow files first (tests/conftest.py).
# Three processes keep two cores busy: much of a test is waiting. More cores: make test PROCESSES=6
PROCESSES = 3
PARALLEL = -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## start everything; Ctrl-C stops it (PORT=8000, REMIT_DATA=var, more in .env.example)
	@$(BOOTSTRAP) -m console.embedded up

environment: ## .venv with everything for development
	@$(BOOTSTRAP) --dev

assets: environment ## npm packages and the pages' scripts
	@$(BIN)/python -m console.embedded assets

# What installs waits for the network, so it goes side by side; types fill the gaps that waiting tests leave.
test: environment ## lint, types, and all tests with real services and Chromium
	@$(MAKE) --no-print-directory -j3 style scripts chromium
	@$(MAKE) --no-print-directory -j2 types suite

suite: # some tests call make themselves: they are no part of this one
	@unset MAKEFLAGS MFLAGS MAKELEVEL; $(BIN)/pytest $(PARALLEL) || { code=$$?; test $$code -eq 1 || exit $$code; $(ONCE_MORE); }

scripts: assets
	@$(BIN)/python -m console.embedded npm test

chromium:
	@$(BIN)/python -m tests.chromium

lint: style ## ruff, djhtml, import contracts, strict types of policies/ (under 10 s)
	@$(BIN)/mypy --no-error-summary policies

style:
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not in form: make format"; exit 1; }
	@$(BIN)/djhtml --tabwidth 2 --check templates >/dev/null 2>&1 || { $(BIN)/djhtml --tabwidth 2 --check templates; echo "Some templates are not in form: make format"; exit 1; }
	@contracts=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$contracts"; exit 1; }

types: ## mypy over everything
	@$(BIN)/mypy --no-error-summary policies console manage.py docs/client/remit_client

unit: ## the quick tests only: no browser, nothing started but the database
	@$(BIN)/pytest $(PARALLEL) --ignore=tests/browser

bench: ## figures, each beside a peer or a limit
	@$(BIN)/pytest -q -m bench -s

chaos: ## long kills, outages and races, with counts; properties on thousands of cases
	@HYPOTHESIS_PROFILE=thorough $(BIN)/pytest -q -m "chaos or hypothesis" -s

format: ## put every file into form
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format --quiet .
	@$(BIN)/djhtml --tabwidth 2 templates

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock: ## write the hashed lock files anew (add --upgrade by LOCK_OPTIONS=--upgrade)
	@$(LOCK) $(LOCK_OPTIONS) pyproject.toml -o requirements.lock
	@$(LOCK) $(LOCK_OPTIONS) pyproject.toml --group dev -o requirements-dev.lock
	@$(LOCK) $(LOCK_OPTIONS) --group node -o requirements-node.lock
	@$(LOCK) $(LOCK_OPTIONS) --group saml -o requirements-saml.lock
