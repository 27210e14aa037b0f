# The README's commands. Each sets up what it needs, so any of them works first on a fresh clone.
STACK ?= dev
PYTHON ?= python3
VENV := .venv
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup engine preview docs test lint bench bench-cold lock clean
# The environment and the engine are made side by side: one waits for the network where the other computes.
MAKEFLAGS += --jobs=2

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/installed ## Make the virtual environment that serves the program, the pack and the tests

$(VENV)/installed: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@ln -sfn ../$(VENV) policy/.venv # the pack has an environment of its own only where it is used alone
	@touch $@

engine: ## Make the Pulumi engine available
	@bin/engine >/dev/null

preview: setup engine ## Preview the stack STACK (default: dev) against the embedded AWS, gated by the pack
	@# The program checks its settings itself, all at once; Pulumi's own check stops at the first.
	bin/sandbox pulumi preview --stack "$(STACK)" --policy-pack policy --policy-pack-config "policy/config/$(STACK).json" \
		--skip-config-validation

docs: setup ## Write docs/controls.md from the catalogue
	cd policy && ../$(VENV)/bin/python -m hipaa.controls_page > ../docs/controls.md

test: setup ## Run every test
	$(VENV)/bin/python -m pytest --numprocesses auto --dist loadgroup --maxschedchunk 1

lint: setup ## Check style, types and formatting
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy __main__.py components phi sandbox pulumi_engine bench
	$(VENV)/bin/mypy policy
	@command -v go >/dev/null || { echo "lint: there is no Go on PATH, so airgap's Go isn't checked"; [ -z "$$CI" ]; }
	@if command -v go >/dev/null; then for module in pulumi_engine/cli pulumi_engine/aws; do \
		unformatted=$$(gofmt -l $$module) && [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted"; exit 1; }; \
		(cd $$module && GOWORK=off go vet ./...) || exit 1; done; fi

bench: setup ## Measure the README's figures, with warm caches: half an hour
	@$(VENV)/bin/python bench/run.py
	@$(VENV)/bin/python -m bench.stack
	@$(VENV)/bin/python -m bench.gate
	@$(VENV)/bin/python -m bench.store
	@$(VENV)/bin/python -m bench.audit

bench-cold: ## Measure a first preview on a fresh clone with empty caches: some ten minutes
	@$(PYTHON) bench/run.py --cold

lock: setup ## Pin requirements*.in anew, with hashes
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		requirements.in --output-file requirements.txt
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		requirements-dev.in --output-file requirements-dev.txt

clean: ## Stop the sandbox and remove all that was made here
	@if [ -x $(VENV)/bin/python ] && [ -d .sandbox ]; then bin/sandbox --down; fi
	rm -rf $(VENV) policy/.venv .sandbox .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
