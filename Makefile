# The commands in the README. Each sets up what it needs, so any of them works on a fresh clone.
STACK ?= dev
PYTHON ?= python3
MIN_PYTHON := 3.11
VENV := .venv
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup engine preview docs test lint bench bench-cold lock clean
# The virtual environment and the engine are built in parallel: one waits for the network while the other computes.
MAKEFLAGS += --jobs=2

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/installed ## Create the virtual environment for the program, the pack and the tests

$(VENV)/installed: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < tuple(map(int, "$(MIN_PYTHON)".split("."))))' || \
		{ echo "make: Python $(MIN_PYTHON) or newer is required; to select one, run: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@ln -sfn ../$(VENV) policy/.venv # the pack needs its own environment only where it is used without this repository
	@touch $@

engine: ## Make the Pulumi engine available
	@bin/engine >/dev/null

preview: setup engine ## Preview the stack STACK (default: dev) in the sandbox, with the policy pack
	@# The program reports all invalid settings together; Pulumi's own validation stops at the first.
	bin/sandbox pulumi preview --stack "$(STACK)" --policy-pack policy --policy-pack-config "policy/config/$(STACK).json" \
		--skip-config-validation

docs: setup ## Generate docs/controls.md from the catalogue
	cd policy && ../$(VENV)/bin/python -m hipaa.controls_page > ../docs/controls.md

test: setup ## Run all tests
	$(VENV)/bin/python -m pytest --numprocesses auto --dist loadgroup --maxschedchunk 1

lint: setup ## Check style, formatting, types and imports
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy __main__.py components phi sandbox pulumi_engine bench
	$(VENV)/bin/mypy policy
	PYTHONPATH=policy $(VENV)/bin/lint-imports --no-logo --no-cache
	@command -v go >/dev/null || { echo "lint: Go isn't on PATH, so the Go code in pulumi_engine isn't checked"; [ -z "$$CI" ]; }
	@if command -v go >/dev/null; then for module in pulumi_engine/cli pulumi_engine/aws; do \
		unformatted=$$(gofmt -l $$module) && [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted"; exit 1; }; \
		(cd $$module && GOWORK=off go vet ./...) || exit 1; done; fi

bench: setup ## Measure the README's figures with warm caches (half an hour)
	@$(VENV)/bin/python bench/run.py
	@$(VENV)/bin/python -m bench.stack
	@$(VENV)/bin/python -m bench.pack
	@$(VENV)/bin/python -m bench.store
	@$(VENV)/bin/python -m bench.audit

bench-cold: ## Measure a first preview on a fresh clone with empty caches (ten minutes)
	@$(PYTHON) bench/run.py --cold

lock: setup ## Pin the requirements with hashes; existing pins stay unless a *.in file changes
	$(VENV)/bin/uv pip compile --quiet --universal --python-version $(MIN_PYTHON) --generate-hashes --no-header \
		requirements.in --output-file requirements.txt
	$(VENV)/bin/uv pip compile --quiet --universal --python-version $(MIN_PYTHON) --generate-hashes --no-header \
		requirements-dev.in --output-file requirements-dev.txt

clean: ## Stop the default sandbox and remove everything that was built in the checkout
	@if [ -x $(VENV)/bin/python ] && [ -d .sandbox ]; then bin/sandbox --down; fi
	rm -rf $(VENV) policy/.venv .sandbox .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
