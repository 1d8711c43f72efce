# Handrail. `make demo` to try it, `make test` to test it, `make check` for all that CI checks.
# Needs CPython 3.11 or newer and make, nothing else. PORT, HANDRAIL_DATA and HANDRAIL_DATABASE_URL
# are honoured by every target.

PYTHON ?= python3
BIN := .venv/bin
CODE := handrail tests e2e bench tools conftest.py
CLIENTS := tests/conformance/clients/node_modules/.package-lock.json
LFORMS := tests/conformance/lforms/node_modules/.package-lock.json
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo serve test check format-check lint contracts types spelling e2e bench format messages docs \
	install install-dev lock clean

help: ## show this help
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: install ## try Handrail: an invented caseload at http://127.0.0.1:8000 (PORT=...)
	@exec $(BIN)/handrail demo

serve: install ## serve your own data
	@exec $(BIN)/handrail serve

test: install-dev $(CLIENTS) ## run the tests
	$(BIN)/pytest -n auto

check: format-check lint contracts types spelling test e2e ## all that CI checks

format-check: install-dev ## is the code formatted
	$(BIN)/ruff format --check

lint: install-dev ## is the code clean
	$(BIN)/ruff check

contracts: install-dev ## does every import respect the plan of the house
	$(BIN)/lint-imports --no-logo

types: install-dev ## do the types hold
	$(BIN)/mypy handrail

spelling: install-dev ## are the words spelled right
	$(BIN)/codespell

e2e: install-dev $(LFORMS) ## run the browser tests (Debian's Chromium is installed if need be and possible)
	@browser=$$($(BIN)/python tools/browser.py) || { test -z "$$CI" && exit 0; exit 1; }; \
	echo "HANDRAIL_CHROMIUM=$$browser $(BIN)/pytest e2e -n 2 --dist loadfile"; \
	HANDRAIL_CHROMIUM=$$browser $(BIN)/pytest e2e -n 2 --dist loadfile

bench: install-dev ## measure, against floors measured in the same run
	$(BIN)/python -m bench

format: install-dev ## format the code
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

messages: install-dev ## collect what people read, for translators
	$(BIN)/python tools/messages.py

docs: install-dev ## print the map of reactions from the code
	$(BIN)/python -m handrail.site.reaction_map > docs/reactions.md.new
	mv docs/reactions.md.new docs/reactions.md

install:
	@$(PYTHON) tools/install.py run

install-dev:
	@$(PYTHON) tools/install.py dev

# Other people's JavaScript, for tests: FHIR clients, and LForms to compare our forms with. Without
# npm those tests are skipped, not in CI.
$(CLIENTS) $(LFORMS): %/node_modules/.package-lock.json: %/package-lock.json
	@if command -v npm >/dev/null; then \
	cd $* && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; \
	elif test -n "$$CI"; then echo "npm is missing" >&2; exit 1; fi

lock: install-dev ## write the locks anew, from pyproject.toml
	$(PYTHON) tools/lock.py

clean: ## remove .venv and caches; the data folder stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
