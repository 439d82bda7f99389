# Two commands are all a newcomer needs: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m agentry.cli
LOCK := uv pip compile --universal --python-version 3.10 --generate-hashes --no-annotate --quiet --custom-compile-command "make lock"

.DEFAULT_GOAL := help

.PHONY: help
help: ## what can be typed here
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' || \
	  { echo "Agentry needs Python 3.10 to 3.13; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Type: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo "$(PYTHON) has no ensurepip, so it can not make a virtual environment. Type: sudo apt install python3-venv"; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/.setup: $(BIN)/uv requirements/agentry.txt pyproject.toml
	@echo "installing the locked packages"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements/agentry.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/build.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q agentry components
	@touch $@

$(VENV)/.dev: $(VENV)/.setup requirements/dev.txt
	@echo "installing what the tests need"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements/dev.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.setup ## make .venv, as `pulumi up` needs it too

.PHONY: demo
demo: $(VENV)/.setup ## from this clone to an answered question
	@$(RUN) demo

.PHONY: test
test: $(VENV)/.dev ## every test, in parallel
	@$(BIN)/python -m pytest -n auto --dist worksteal -q

.PHONY: check
check: $(VENV)/.dev ## format, lint, strict types, who may import whom
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_architecture.py

.PHONY: fmt
fmt: $(VENV)/.dev ## format, and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: bench
bench: $(VENV)/.dev ## a table of how long things take here
	@$(BIN)/python -m tests.bench $(ROOMS)

.PHONY: crash
crash: $(VENV)/.dev ## kill every step of a deployment, and see that the next run mends it
	@$(BIN)/python -m tests.crash $(if $(ONLY),--only $(ONLY)) $(if $(POINT),--point $(POINT)) \
	  $(if $(EVERY),--every $(EVERY)) $(if $(PROCESSES),--processes $(PROCESSES))

.PHONY: lock
lock: $(BIN)/uv ## pin everything anew, with hashes
	@cd requirements && ../$(BIN)/$(LOCK) uv.in -o uv.txt
	@cd requirements && ../$(BIN)/$(LOCK) build.in -o build.txt
	@$(BIN)/$(LOCK) pyproject.toml -o requirements/agentry.txt
	@$(BIN)/$(LOCK) pyproject.toml --extra dev -c requirements/agentry.txt -o requirements/dev.txt
	@cd agentry/new/files/requirements && for part in pytest dev; do \
	  $(CURDIR)/$(BIN)/$(LOCK) -c $(CURDIR)/requirements/dev.txt $$part.in -o $$part.txt; done
	@for agent in agents/*/; do (cd $$agent && $(CURDIR)/$(BIN)/$(LOCK) requirements.in -o requirements.txt); done

.PHONY: clean
clean: ## remove everything that was made here, and stop the sandboxes
	@if [ -x $(BIN)/python ]; then $(RUN) sandbox stop --all --quiet || true; fi
	@rm -rf $(VENV) .agentry .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
