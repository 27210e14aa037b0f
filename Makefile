# The commands in the README. Each sets up what it needs, so any of them works on a fresh clone.
STACK ?= dev
RUNS ?= 5000
PYTHON ?= python3
MIN_PYTHON := 3.11
VENV := .venv
LOCK_OPTIONS := --quiet --universal --python-version $(MIN_PYTHON) --generate-hashes --no-header $(addprefix --upgrade-package=,$(UPGRADE))
# The tests start hundreds of Python processes. Without bytecode, each would compile everything that it imports.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(VENV)/bin/python -m pytest --numprocesses auto
# Settings of the user that would install somewhere else, or run other code.
unexport PIP_TARGET PIP_PREFIX PYTHONHOME PYTHONPATH
export PIP_USER := 0
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup dev-setup engine preview docs test test-unit lint access-search bench bench-cold lock clean
ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL: # `make clean setup` cleans first
endif
# The virtual environment and the engine are built in parallel: one waits for the network while the other computes.
MAKEFLAGS += --jobs=2

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/installed ## Create the virtual environment, with what a preview in the sandbox needs

# The environment has this checkout as an editable install, with the command `phi`.
$(VENV)/installed: pyproject.toml policy/PulumiPolicy.yaml requirements-setup.txt requirements-sandbox.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < tuple(map(int, "$(MIN_PYTHON)".split("."))))' || \
		{ echo "make: Python $(MIN_PYTHON) or newer is required; to select one, run: make preview PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-setup.txt || \
		{ echo "make: can't install from the package index; check the network, PIP_INDEX_URL and pip.conf" >&2; exit 1; }
	bin/install $(VENV) --require-hashes -r requirements-sandbox.txt
	bin/install $(VENV) --no-deps --no-build-isolation --editable .
	@# The pack in this environment. Its own folder has none, so it can be copied as it is.
	mkdir -p $(VENV)/policy
	ln -sfn $(addprefix ../../,$(filter-out %/__pycache__,$(wildcard policy/*))) $(VENV)/policy/
	ln -sfn .. $(VENV)/policy/.venv
	@[ ! -L policy/.venv ] || rm policy/.venv # earlier versions of this Makefile linked the environment there
	@touch $@

dev-setup: $(VENV)/installed-dev ## Add what the tests and linters need

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	bin/install $(VENV) --require-hashes -r requirements-dev.txt
	@touch $@

engine: ## Make the Pulumi engine available
	@PYTHON="$(PYTHON)" bin/engine >/dev/null

preview: setup engine ## Preview the stack STACK (default: dev) in the sandbox, with the policy pack
	@# The program reports all invalid settings together; Pulumi's own validation stops at the first.
	bin/sandbox pulumi preview --stack "$(STACK)" --policy-pack $(VENV)/policy --policy-pack-config "policy/config/$(STACK).json" \
		--skip-config-validation

docs: setup ## Generate docs/controls.md from the catalogue, and docs/who-can-destroy-what.md from the program's policies
	$(VENV)/bin/python -m hipaa_controls.controls_page > docs/controls.md.new
	mv docs/controls.md.new docs/controls.md
	$(VENV)/bin/python -m destruction.page > docs/who-can-destroy-what.md.new
	mv docs/who-can-destroy-what.md.new docs/who-can-destroy-what.md

test: dev-setup ## Run all tests
	$(PYTEST)

test-unit: dev-setup ## Run the tests that need neither the engine nor a browser
	$(PYTEST) -m unit

lint: dev-setup ## Check style, formatting, types and imports
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy __main__.py components destruction phi_buckets sandbox pulumi_engine bench
	$(VENV)/bin/mypy policy
	$(VENV)/bin/mypy examples/backup-account/__main__.py
	$(VENV)/bin/lint-imports --no-logo --no-cache
	$(VENV)/bin/python -m pulumi_engine.lint

access-search: dev-setup ## Compare the access controls with brute force for RUNS generated documents (ten minutes)
	$(VENV)/bin/python -m tests.policy.access.harness --runs "$(RUNS)"

bench: dev-setup ## Measure the README's figures with warm caches (half an hour)
	@$(VENV)/bin/python bench/run.py
	@$(VENV)/bin/python -m bench.stack
	@$(VENV)/bin/python -m bench.pack
	@$(VENV)/bin/python -m bench.store
	@$(VENV)/bin/python -m bench.audit
	@$(VENV)/bin/python -m bench.policies

bench-cold: ## Measure a first preview on a fresh clone with empty caches (four minutes)
	@$(PYTHON) bench/run.py --cold

lock: setup ## Pin the requirements with hashes. Pins stay unless pyproject.toml changes or UPGRADE names a package
	@# Each file has the versions of the one before it, so that they can be installed into one environment.
	$(VENV)/bin/uv pip compile $(LOCK_OPTIONS) pyproject.toml --extra pulumi --output-file requirements.txt
	$(VENV)/bin/uv pip compile $(LOCK_OPTIONS) pyproject.toml --extra pulumi --group sandbox --constraints requirements.txt --output-file requirements-sandbox.txt
	$(VENV)/bin/uv pip compile $(LOCK_OPTIONS) pyproject.toml --extra pulumi --group dev --constraints requirements-sandbox.txt --output-file requirements-dev.txt
	$(VENV)/bin/uv pip compile $(LOCK_OPTIONS) --group setup --constraints requirements-dev.txt --output-file requirements-setup.txt

clean: ## Stop the default sandbox and remove what was built or installed in the checkout
	-@[ ! -d .sandbox ] || $(PYTHON) -I sandbox/__main__.py --down # needs only Python, even if the environment is broken
	rm -rf $(VENV) policy/.venv .sandbox .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .grimp_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
