# Regulars. `make help` lists what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 5000
SERVE ?= 1
CUSTOMERS ?=
JOBS ?= 2
ARGS ?=
export REGULARS_INSTANCE ?= instance-demo

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types sizes faults chaos bench translations wheel clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Regulars needs Python 3.11 or newer; name one with make PYTHON=python3.12")'
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/pyvenv.cfg setup.cfg pyproject.toml constraints.txt
	@echo "Installing (a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-tests: $(VENV)/.installed
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

setup: $(VENV)/.installed-tests ## make .venv with everything that running and testing needs

demo: $(VENV)/.installed ## build the demo shop and serve it (PORT=5055, SERVE=0, CUSTOMERS=3000)
	@$(BIN)/regulars demo --port $(PORT) $(if $(CUSTOMERS),--customers $(CUSTOMERS)) $(if $(filter 0 no,$(SERVE)),--no-serve)

# The instance of the demo is no business of the tests.
test: $(VENV)/.installed-tests ## run every test (ARGS="tests/pages -x" for some)
	@env -u REGULARS_INSTANCE $(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.installed-tests ## style and layers
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-cache

types: $(VENV)/.installed-tests ## types
	@$(BIN)/mypy storefront recommender

sizes: $(VENV)/.installed-tests ## what is above its budget of lines, branches, nesting
	@$(BIN)/python -m tests.house.sizes

check: lint types sizes ## lint, types, house rules, sizes, tests
	@env -u REGULARS_INSTANCE $(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

faults: $(VENV)/.installed-tests ## break the shop on purpose and expect a test to notice
	@env -u REGULARS_INSTANCE $(BIN)/python -m tests.faults.run $(ARGS)

chaos: $(VENV)/.installed-tests ## the drills at full length (hours; CHAOS_ROUNDS=20 CHAOS_DATABASES=sqlite CHAOS_ONLY=R1)
	@env -u REGULARS_INSTANCE $(BIN)/python -m tests.chaos

# Where its figures go; docs/benchmarks holds those of this repository.
BENCHMARKS ?= docs/benchmarks
bench: $(VENV)/.installed-tests ## measure the goals of performance (QUICK=1 for a look, DATA="FILE ..." for histories)
	@mkdir -p $(BENCHMARKS); $(BIN)/regulars demo --no-serve > /dev/null
	@missed=0; say() { file=$(BENCHMARKS)/$$1.json; shift; echo "regulars bench $$*"; \
	  $(BIN)/regulars bench "$$@" $(if $(QUICK),--quick) --json > $$file || missed=1; }; \
	say quality quality $(DATA:%=--data %); say train train $(DATA:%=--data %); say serve serve; \
	for one in web queries ingest memory; do say $$one $$one --instance $(REGULARS_INSTANCE); done; \
	$(BIN)/regulars bench pages $(BENCHMARKS); exit $$missed

translations: $(VENV)/.installed-tests ## extract the texts, update and compile the Chinese catalogue
	@$(BIN)/python -m tests.house.translations

wheel: $(VENV)/.installed-tests ## build the wheel into dist/
	@$(BIN)/python -m build --wheel --no-isolation

clean: ## remove the environment and what was built; instances stay
	@rm -rf $(VENV) build dist regulars.egg-info
