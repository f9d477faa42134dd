# Everything is installed into .venv and a cache outside the checkout; `make help` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv pip
COMPILE := $(UV) compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate
# Labs are made in memory where there is plenty of it: on a disk, copying clusters takes most of the time.
PGSURVIVE_LABS ?= $(shell df --output=avail /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 > 4000000 { print "/dev/shm" }')
ifneq ($(PGSURVIVE_LABS),)
export PGSURVIVE_LABS
endif
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)

SCRIPTS = $(shell git ls-files --cached --others --exclude-standard '*.sh' '*.bash' .ci/run tools/system-packages)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/run.done ## Lint an example estate, then lose data on a real PostgreSQL 18 and get it back
	@$(BIN)/python -m tests.demo

.PHONY: test
test: lint software ## Everything: linters, real servers, all tests
	@$(BIN)/pytest -n $(JOBS) --dist worksteal
	@$(BIN)/python -m tests.docs summary

.PHONY: lint
lint: $(VENV)/dev.done ## Formatting, types, layers, workflows, scripts
	@$(BIN)/ruff format --check --quiet . || { echo "run: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/actionlint
	@$(BIN)/zizmor --quiet --offline .github
	@$(BIN)/shellcheck $(SCRIPTS)
	@$(BIN)/shfmt -d -i 4 $(SCRIPTS)
	@$(BIN)/agentskills validate skills/postgresql-backup-recovery

.PHONY: format
format: $(VENV)/dev.done ## Rewrite the Python files in the house format
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

.PHONY: software
software: $(VENV)/dev.done ## Fetch the real PostgreSQL 14-18, pgBackRest, Barman and what else the tests run
	@[ "$$(id -u)" != 0 ] || command -v ip >/dev/null || tools/system-packages iproute2
	@{ command -v curl && command -v openssl && command -v gpg && command -v strace; } >/dev/null || \
		tools/system-packages curl gnupg openssl strace
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
		tools/system-packages chromium fonts-liberation
	@$(BIN)/python -m tests.support.software

.PHONY: differential
differential: software ## Read thousands of generated configurations as the real programs do; takes minutes
	@$(BIN)/python -m tests.differential.postgresql_conf --cases 4000 --record
	@$(BIN)/python -m tests.differential.barman_conf --cases 5000 --record \
		$(if $(PGSURVIVE_CORPUS),--files $(PGSURVIVE_CORPUS)/dev/barman)
	@$(BIN)/python -m tests.differential.pgbackrest_conf --cases 2000 --record

.PHONY: pages
pages: $(VENV)/dev.done ## Write the site's page for each rule, their index, and all playbooks on one page
	@$(BIN)/python -m tools.site

.PHONY: docs
docs: $(VENV)/dev.done ## Build the site into site/
	@$(BIN)/python -m tools.publish prepare
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@$(BIN)/python -m tools.publish finish site

.PHONY: requirements
requirements: $(VENV)/bootstrap.done ## Recompile the pinned requirements from pyproject.toml
	@echo uv | $(COMPILE) - -o requirements/bootstrap.txt
	@$(COMPILE) pyproject.toml --group demo -o requirements/run.txt
	@$(COMPILE) pyproject.toml --group dev -o requirements/dev.txt
	@printf 'barman==3.19.1\npsycopg2-binary\n' | $(COMPILE) - \
		--overrides <(echo "psycopg2 ; python_version < '3'") -o requirements/barman.txt
	@printf 'moto[s3]\nflask\nflask-cors\ngunicorn\n' | $(COMPILE) - -o requirements/s3.txt

.PHONY: clean
clean: ## Remove what was built here (the cache outside stays)
	rm -rf $(VENV) site docs/assets/vendor docs/templates/partials/executed.html dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bootstrap.done: requirements/bootstrap.txt
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || \
		{ tools/system-packages python3-venv && $(PYTHON) -m venv --clear $(VENV); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/run.done: requirements/run.txt pyproject.toml $(VENV)/bootstrap.done
	@$(UV) install --quiet --require-hashes -r $<
	@$(UV) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.done: requirements/dev.txt $(VENV)/run.done
	@$(UV) install --quiet --require-hashes -r $<
	@touch $@
