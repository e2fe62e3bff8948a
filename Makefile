# Every target sets up what it needs. `make` alone lists them.

.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# The first Python on the PATH that is new enough; PYTHON=... chooses another one.
IS_NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$python" -c '$(IS_NEW_ENOUGH)' 2>/dev/null && echo "$$python" && break; done)
BIN := .venv/bin
EXAMPLES := autoresponder_dagster_tests/determination/fixtures/authored/dev
INSTALLED := .venv/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
PORT ?= 3000

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

# ── Set-up ───────────────────────────────────────────────────────────────────────────────────────

.PHONY: setup
setup: $(INSTALLED) ## Make .venv with the locked dependencies (done by itself where needed)

# Again whenever the lock or the metadata of the project change.
$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found on the PATH." \
		"Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c '$(IS_NEW_ENOUGH)' || { echo "Python 3.11 or newer is needed;" \
		"$(PYTHON) is $$("$(PYTHON)" --version)." >&2; exit 1; }
	@echo "Setting up .venv with $$("$(PYTHON)" --version): a minute or two, once."
	"$(PYTHON)" -m venv .venv
	$(PIP) install --quiet --no-deps --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	$(PIP) check
	@touch $@

.PHONY: lock
lock: $(INSTALLED) ## Pin the newest allowed versions in requirements.lock (needs a package index)
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--all-extras pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--no-deps .ci/pandas2.in -o .ci/pandas2.lock

# ── The pipeline ─────────────────────────────────────────────────────────────────────────────────

.PHONY: run
run: $(INSTALLED) ## Run the daily job on the sample data, latest day, mock mode
	$(BIN)/autoresponder run --mode mock

.PHONY: ui
ui: $(INSTALLED) ## Open the Dagster UI on http://127.0.0.1:3000 (PORT=... for another port)
	@# The Dagster instance is this folder: dagster.yaml is here and keeps its state under data/dagster.
	DAGSTER_HOME="$(CURDIR)" $(BIN)/dagster dev -w workspace.yaml -h 127.0.0.1 -p $(PORT)

.PHONY: org
org: $(INSTALLED) ## Serve an emulated Salesforce org with the sample people, to try live mode (ARGS="--tls")
	$(BIN)/python -m autoresponder_dagster_tests.emulators.salesforce $(ARGS)

.PHONY: sample
sample: $(INSTALLED) ## Build data/sample anew from its story and its numbered messages
	$(BIN)/python -m autoresponder_dagster.sampledata.build_sample data/sample data/sample

# ── The determination engine ─────────────────────────────────────────────────────────────────────

FOLDER ?= $(EXAMPLES)
# What the committed examples reach and must not fall below; any other folder is measured only. Raise a floor
# with every improvement. The engine was developed on these examples; the folders `blind` to `blind5` beside them
# tell how it does on what it has not seen. The goal for unseen messages: 95 % right (90 % of the hard ones), 85 % automation.
EVALUATE_ARGS ?= $(if $(filter $(EXAMPLES),$(FOLDER)),--max unsafe=0 --min accuracy=0.99 --min hard_accuracy=0.98 \
	--min confident_accuracy=0.98 --min automation_rate=0.85 --min new_email_accuracy=0.96 \
	--max new_email_spurious=0 --max replacement_email_spurious=0 --min replacement_email_accuracy=0.96 \
	--min replacement_name_accuracy=0.96 --min return_date_accuracy=0.98)

.PHONY: evaluate
evaluate: $(INSTALLED) ## Compare verdicts with labels (FOLDER=... for another folder with labels.csv)
	$(BIN)/autoresponder evaluate "$(FOLDER)" --plot data/evaluation/calibration.png $(EVALUATE_ARGS)

AUTHORED = autoresponder_dagster_tests/determination/fixtures/authored
.PHONY: train
train: $(INSTALLED) ## Fit the learned reader to the labelled examples; says how it does on those it has not seen
	$(BIN)/python -m autoresponder_dagster.determination.training \
		autoresponder_dagster/determination/lexicons $(addprefix $(AUTHORED)/,dev dev2 dev3 training unseen) \
		$(addprefix autoresponder_dagster_tests/determination/fixtures/,cases.yaml return_dates.csv)

.PHONY: bench
bench: $(INSTALLED) ## Measure messages per second, and calls to Salesforce, beside others (ARGS="-n 5000 --rounds 5")
	$(BIN)/python benchmarks/determination.py $(ARGS)
	$(BIN)/python benchmarks/salesforce.py --check

SECONDS ?= 60
.PHONY: fuzz
fuzz: $(INSTALLED) ## Read mutated messages for SECONDS=60; what breaks an invariant is kept in data/fuzz
	$(BIN)/python benchmarks/fuzz_determination.py --seconds $(SECONDS) --out data/fuzz $(ARGS) $(EXAMPLES) data/sample

.PHONY: fault-storm
fault-storm: $(INSTALLED) ## Write 2,000 changes to an emulated org in bad weather, and compare (ARGS="--seed 2 --rate 0.1")
	$(BIN)/python -m autoresponder_dagster_tests.clients.salesforce.fault_storm $(ARGS)

# ── The write ledger ─────────────────────────────────────────────────────────────────────────────

KILLS ?= 200
.PHONY: crash-test
crash-test: $(INSTALLED) ## Kill runs at every step of a write (KILLS=200), and compare the org with the ledger
	$(BIN)/python -m autoresponder_dagster_tests.crash --kills $(KILLS) $(ARGS)

.PHONY: bench-ledger
bench-ledger: $(INSTALLED) ## Measure how fast a plan is compared with ledgers of several sizes (ARGS="--rows 20000")
	$(BIN)/python benchmarks/ledger.py $(ARGS)

# ── Checks ───────────────────────────────────────────────────────────────────────────────────────

.PHONY: test
test: $(INSTALLED) ## Run the tests (ARGS="-k gates" chooses some)
	$(BIN)/python -m pytest -n 2 $(ARGS)

.PHONY: test-slow
test-slow: $(INSTALLED) ## Run the tests that take many seconds (daemon, browser, large worlds)
	$(BIN)/python -m pytest -m slow $(ARGS)

.PHONY: test-pure
test-pure: $(INSTALLED) ## Run the engine's tests without the extra `fast`: the same verdicts, searched in Python
	AUTORESPONDER_PURE_PYTHON=1 $(BIN)/python -m pytest -n 2 autoresponder_dagster_tests/determination $(ARGS)

.PHONY: test-pandas2
test-pandas2: .pandas2/.installed ## Run the tests on pandas 2.2
	PYTHONPATH=.pandas2 $(BIN)/python -m pytest -n 2 $(ARGS)

.pandas2/.installed: $(INSTALLED) .ci/pandas2.lock
	rm -rf .pandas2
	$(PIP) install --quiet --no-deps --require-hashes --target .pandas2 -r .ci/pandas2.lock
	@touch $@

FIDELITY_CACHE ?= .cache/fidelity
.PHONY: fidelity
fidelity: $(INSTALLED) ## Let jsforce, sf and CumulusCI work in the emulated Salesforce org (fetches them once)
	$(BIN)/python -m autoresponder_dagster_tests.fidelity --cache "$(FIDELITY_CACHE)"

.PHONY: coverage
coverage: $(INSTALLED) ## Run the tests and show the lines that none of them reaches
	$(BIN)/python -m pytest --cov $(ARGS)

.PHONY: lint
lint: $(INSTALLED) ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: format
format: $(INSTALLED) ## Format the code and mend what can be mended by itself
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

.PHONY: types
types: $(INSTALLED) ## Check the types
	$(BIN)/mypy

.PHONY: contracts
contracts: $(INSTALLED) ## Check who may import whom
	$(BIN)/lint-imports --no-cache

.PHONY: config-docs
config-docs: $(INSTALLED) ## Write the tables of docs/configuration.md anew from the code
	$(BIN)/python docs/configuration_tables.py

.PHONY: check
check: lint types contracts test ## Everything before a commit

.PHONY: clean
clean: ## Remove environments, caches and what the pipeline wrote (data/sample and the write ledger stay)
	rm -rf .venv .pandas2 .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage htmlcov \
		.telemetry .logs_queue logs .tmp_dagster_home_*
	find data -mindepth 1 -maxdepth 1 ! -name sample ! -name ledger -exec rm -rf {} +
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
