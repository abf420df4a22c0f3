# Everything a newcomer or a maintainer runs. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
# The tests start many processes of the product; none of them should compile it anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
UV ?= uv
VENV := .venv
BIN := $(VENV)/bin
# Python compiles what it imports; of what is installed that is a small part (of Twilio's client nearly nothing).
INSTALL := $(BIN)/python -m pip --disable-pip-version-check -q --no-input install --no-compile
PYTEST_ARGS ?=
NIGHT ?=
FAULTS ?=
# The files with such a test, so that the second run need not collect all the others.
ALONE = $$(grep -rl --include='test_*.py' '^@pytest.mark.alone' tests)
# An install counts as done when its stamp is newer than its lock and the project's own metadata.
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev

.PHONY: help
help: ## list these
	@echo "make sandbox   try it: the whole product on http://127.0.0.1:8080, no account anywhere"
	@echo "make test      check and test everything"
	@echo
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 10

.PHONY: setup
setup: $(DEV) ## install what running, checking and testing need into .venv

.PHONY: sandbox
sandbox: $(RUN) ## open the product with a sandbox Slack, telephone and hospital (Ctrl-C ends it)
	@exec $(BIN)/radrelay sandbox

.PHONY: check
check: $(DEV) ## lint, format, types (strict, tests too) and import rules
	@echo "· ruff" && $(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@echo "· mypy" && $(BIN)/mypy --no-error-summary
	@echo "· import-linter" && $(BIN)/lint-imports --no-logo >$(VENV)/import-linter.log 2>&1 || { cat $(VENV)/import-linter.log; exit 1; }

.PHONY: test
test: check ## check, then every test (CI=true: nothing may be skipped)
	@echo "· pytest" && $(BIN)/python -m pytest -q -n auto --dist worksteal -m "not alone" $(PYTEST_ARGS)
	@echo "· pytest, what is held to seconds: one at a time" && $(BIN)/python -m pytest -q -m alone $(or $(PYTEST_ARGS),$(ALONE)) || test $$? -eq 5 -a -n "$(PYTEST_ARGS)"

.PHONY: bench
bench: $(DEV) ## the figures that docs/performance.md quotes; non-zero when one is missed
	@$(BIN)/python -m benchmarks

.PHONY: simulate
simulate: $(DEV) ## live through a night of 500 studies, 12 readers, 60 facilities; NIGHT="--seed 2" for another
	@$(BIN)/python -m benchmarks.night $(NIGHT)

.PHONY: faults
faults: $(DEV) ## inject a thousand faults of the vendor and our process: relays lost 0, double dials 0; FAULTS="--seed 2"
	@$(BIN)/python -m benchmarks.faults $(FAULTS)

.PHONY: picture
picture: $(DEV) ## draw docs/sandbox.png anew (needs Chromium; Debian's fonts-inter, fonts-noto-color-emoji, pngquant)
	@$(BIN)/python -m tests.browser.picture

.PHONY: guards
guards: $(DEV) ## take each guard away in a copy of the tree and see which test goes red
	@$(BIN)/python -m tests.guards

.PHONY: format
format: $(DEV) ## put every file into the one format, and fix what can be fixed safely
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

.PHONY: lock
lock: ## resolve both locks anew (needs uv); they carry hashes and no addresses
	$(UV) pip compile -q pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -o requirements.lock
	$(UV) pip compile -q pyproject.toml --all-extras --group dev -c requirements.lock --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -o requirements-dev.lock

.PHONY: clean
clean: ## remove what these targets made, except the sandbox's state (.radrelay/)
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "radrelay needs Python 3.11 or newer; there is no '$(PYTHON)' here. Say which one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "radrelay needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Say which one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "'$(PYTHON)' cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "· making $(VENV) with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv $(VENV)

$(RUN): requirements.lock pyproject.toml | $(BIN)/python
	@echo "· installing what radrelay needs ($$(grep -c == requirements.lock) packages, every hash checked; a minute or so)"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements-dev.lock $(RUN)
	@echo "· installing what its tests need ($$(grep -c == requirements-dev.lock) packages, those already here are kept)"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
