# `make test` and `make demo` need Python 3.11+, make and the package registry; nothing else.
# `make help` lists the rest. PYTHON=... picks the interpreter, VENV=... the place of the environment.

SHELL := /bin/bash
VENV ?= .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
NEEDED := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

.PHONY: help test demo examples check format lint types imports idl idl-check bench nightly \
	corpus corpus-modules coverage fix clean distclean
.DEFAULT_GOAL := help

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# ---- Set-up: stamps, so that it happens once and again when pyproject.toml changes ----------

$(PY):
	@found=; for python in $(CANDIDATES); do \
		if "$$python" -c '$(NEEDED)' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "error: pyorpc needs Python 3.11 or newer with venv and ensurepip; tried: $(CANDIDATES)."; \
		echo "       Name one with: make PYTHON=/path/to/python3.12 ..."; \
		exit 1; \
	fi; \
	echo "setting up $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv $(VENV)

$(VENV)/.test-stamp: pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

$(VENV)/.dev-stamp: pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.test-stamp

# ---- Use ------------------------------------------------------------------------------------

# Most tests wait for each other's processes, not for a core: so more of them than cores.
WORKERS ?= 3

test: $(VENV)/.test-stamp ## run the tests (ARGS="-k sta -x" goes to pytest; WORKERS=0: one by one)
	$(PY) -m pytest -n $(WORKERS) $(ARGS)

demo: $(VENV)/.test-stamp ## run the demonstration
	$(PY) examples/demo.py

examples: $(VENV)/.test-stamp ## run every example
	$(PY) .ci/examples.py

bench: $(VENV)/.test-stamp ## measure calls on this machine (ARGS go to `pyorpc bench`)
	$(PY) -m pyorpc bench $(ARGS)

nightly: $(VENV)/.test-stamp ## run the long tests
	$(PY) -m pytest -m nightly --timeout=900 -o faulthandler_timeout=900 $(ARGS)

corpus: $(VENV)/.test-stamp ## compile the 309 IDL files of Debian's libwine-dev
	.ci/corpus $(PY)

corpus-modules: $(VENV)/.dev-stamp ## check format and types of the modules of those files
	.ci/corpus $(PY) modules

coverage: $(VENV)/.test-stamp ## run the tests and show which lines they miss
	$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest $(ARGS)
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report

# ---- Check: what a change must pass ---------------------------------------------------------

check: format lint types imports idl-check ## everything below, as in CI

format: $(VENV)/.dev-stamp ## layout, by ruff
	$(BIN)/ruff format --check .

lint: $(VENV)/.dev-stamp ## the chosen lint rules
	$(BIN)/ruff check .

types: $(VENV)/.dev-stamp ## mypy --strict and pyright strict
	$(BIN)/mypy
	@for folder in $$(find examples -name '*.py' -printf '%h\n' 2>/dev/null | sort -u); do \
		echo "mypy $$folder"; \
		(cd $$folder && $(abspath $(BIN))/mypy --config-file $(abspath .ci/mypy-examples.ini) \
			--cache-dir $(abspath .mypy_cache)/examples *.py) || exit 1; \
	done
	$(BIN)/pyright --project pyproject.toml --pythonpath $(PY)

imports: $(VENV)/.dev-stamp ## the layers, by import-linter
	$(BIN)/lint-imports

idl: $(VENV)/.test-stamp ## compile all IDL files again
	$(PY) .ci/idl.py

idl-check: $(VENV)/.test-stamp ## fail if the compiler's output is out of date or IDL is laid out badly
	$(PY) .ci/idl.py --check
	$(PY) -m pyorpc idl format --check idl/*.idl examples/*/*.idl

fix: $(VENV)/.dev-stamp ## lay out and repair what tools can
	$(BIN)/ruff format .
	$(PY) -m pyorpc idl format idl/*.idl examples/*/*.idl
	$(BIN)/ruff check --fix .

clean: ## remove what tools and builds leave behind
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## ... and the environment
	rm -rf $(VENV)
