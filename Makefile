# TARS: one command up, one command tested. `make` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Relative paths throughout, so that a checkout may live in a folder with spaces.
PYTHON ?=
VENV := .venv
PY := $(VENV)/bin/python
WORKERS ?= 4
ARGS ?=

# Settings for checks that touch no database: nothing here opens anything.
CHECK_ENV := TARS_DATABASE_URL=postgres://tars_app:none@127.0.0.1:9/none \
	TARS_DATABASE_OWNER_URL=postgres://tars_owner:none@127.0.0.1:9/none \
	TARS_SECRET_KEY=for-checks-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF \
	TARS_SEALING_KEYS=Y2hlY2tzLW9ubHktY2hlY2tzLW9ubHktY2hlY2tzLW8=
PRODUCTION_ENV := $(CHECK_ENV) TARS_PUBLIC_URL=https://tars.example
UV_COMPILE := $(PY) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-header --python-version 3.11 pyproject.toml

.PHONY: help up install test browser check lock lock-check proof bench screenshots format clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | while IFS= read -r line; do \
		printf '  make %-12s %s\n' "$${line%%:*}" "$${line#*## }"; done

up: install ## Install if needed, start everything, print the address (Ctrl-C stops; ARGS="--port 8001 --no-demo")
	@exec $(PY) -c 'from tarsweb.cli import main; main()' up $(ARGS)

install: $(VENV)/.installed ## The environment of the product, from the hash-pinned lock

$(VENV)/.python:
	@found=""; for p in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
		if "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found="$$p"; break; fi; done; \
	if [ -z "$$found" ]; then \
		echo "TARS needs Python 3.11 or newer; found $$($(or $(PYTHON),python3) -c 'import platform; print(platform.python_version())' 2>/dev/null || echo none). Install it, or name it: make up PYTHON=/path/to/python3" >&2; exit 1; fi; \
	if ! "$(PY)" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		rm -rf "$(VENV)"; \
		if "$$found" -c 'import venv, ensurepip' >/dev/null 2>&1; then \
			echo "Making the environment with $$("$$found" --version)"; "$$found" -m venv "$(VENV)"; \
		elif command -v uv >/dev/null 2>&1; then \
			echo "Making the environment with uv and $$("$$found" --version)"; uv venv --quiet --seed --python "$$found" "$(VENV)"; \
		else \
			echo "$$found has no venv module. Install it (Debian, Ubuntu: apt-get install python3-venv), then: make up" >&2; exit 1; fi; fi
	@touch "$@"

# `-e .` is refused under hashes, so the project itself comes second.
$(VENV)/.installed: $(VENV)/.python requirements.lock pyproject.toml
	@echo "Installing the locked packages (once; some minutes on a slow line)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch "$@"

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@echo "Installing what the tests and checks need"
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch "$@"

test: $(VENV)/.installed-dev browser ## Run every test: unit, database, flows, browser, architecture (ARGS="tests/unit -k diff")
	@$(PY) -m pytest -n auto --maxprocesses=$(WORKERS) --dist loadfile $(ARGS)

browser:
	@missing=""; \
	command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || missing="chromium"; \
	[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing="$$missing fonts-dejavu-core"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing$${missing:+ $$missing} from Debian's packages"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; } >/dev/null 2>&1 \
			|| echo "They could not be installed."; fi; \
	command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
		|| echo "There is no Chromium: the browser tests will be skipped (apt-get install chromium fonts-dejavu-core)."

check: $(VENV)/.installed-dev ## Format, lint, types, imports, migrations, templates, deployment settings, lock
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(CHECK_ENV) $(PY) -m mypy
	@$(PY) $(VENV)/bin/lint-imports
	@$(CHECK_ENV) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@for f in $$(grep -ls 'migrations\.DeleteModel' */migrations/*.py || true); do \
		grep -qs "$$f" docs/decisions/*.md || { echo "$$f deletes a table. Name it in a decision record (docs/decisions), or bring the model back." >&2; exit 1; }; done
	@$(PY) -m djlint templates --check --quiet
	@$(PY) -m djlint templates --lint --quiet
	@$(PRODUCTION_ENV) $(PY) manage.py check --deploy --fail-level WARNING
	@$(MAKE) lock-check
	@echo "All checks passed."

# The copies start from the committed locks, so that pins stay unless pyproject.toml moved.
lock-check: $(VENV)/.installed-dev
	@work="$$(mktemp -d)"; trap 'rm -rf "$$work"' EXIT; cp requirements.lock requirements-dev.lock "$$work"; \
	if ! { $(UV_COMPILE) -o "$$work/requirements.lock" && \
		$(UV_COMPILE) --extra dev -c requirements.lock -o "$$work/requirements-dev.lock"; } >/dev/null 2>"$$work/said"; then \
		if grep -qiE 'connect|dns|network|offline|timed out|sending request' "$$work/said"; then \
			echo "The lock was not compared: no package host can be reached."; exit 0; fi; \
		cat "$$work/said" >&2; exit 1; fi; \
	for f in requirements.lock requirements-dev.lock; do \
		diff -u "$$f" "$$work/$$f" || { echo "$$f is stale. Run: make lock" >&2; exit 1; }; done

lock: $(VENV)/.installed-dev ## Bring the lock files up to pyproject.toml (pins stay where they can)
	@$(UV_COMPILE) -o requirements.lock >/dev/null
	@$(UV_COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock >/dev/null

proof: $(VENV)/.installed-dev browser ## The heavy proofs in full size (small in `make test`)
	@TARS_PROOF=full $(PY) -m pytest -m proof --timeout=3600 $(ARGS)

bench: $(VENV)/.installed-dev ## Measure against plain peers, as ratios in one run
	@$(PY) -m tests.bench $(ARGS)

screenshots: $(VENV)/.installed-dev browser ## Draw the pictures of README and docs from a running demo
	@$(PY) -m tests.browser.screenshots $(ARGS)

format: $(VENV)/.installed-dev ## Format and mend what can be mended by itself
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .
	@$(PY) -m djlint templates --reformat --quiet || true

clean: ## Delete the environment and caches (never the data folder)
	@rm -rf "$(VENV)" .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
