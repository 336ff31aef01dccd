.DEFAULT_GOAL := help
.PHONY: help setup setup-dev setup-measures demo up layer test soak soak-kills lint fix bench lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PATHS ?=
ROUNDS ?= 1000
SEEDS ?= 200
STEPS ?= 500
SEED ?=
AT_ONCE ?= 2

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.local ## Make a virtual environment with what the laptop cloud needs

setup-dev: $(VENV)/.dev ## The same with the tools and SDKs of the tests

setup-measures: setup-dev ## Compile what a few more tests of sound need; takes a C compiler
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/measures.lock

demo: setup ## Run the main job: upload, understand, search. PATHS="a.mp4 photos/" takes your own files
	$(BIN)/sightline demo $(PATHS)

up: setup ## Start the laptop cloud and serve until Ctrl-C
	$(BIN)/sightline up

layer: setup ## Build what is deployed into build/: the layer, and the code of each function. PYTHON312= names the Python 3.12 to use
	$(BIN)/python -m cli.layer

test: setup-dev ## Run all tests, AT_ONCE (2) side by side: many wait for a process of theirs
	$(BIN)/pytest --numprocesses $(AT_ONCE) --dist loadfile --no-loadscope-reorder

soak: setup-dev ## Drive the functions through SEEDS schedules (200) of STEPS steps (500) with faults. SEED=n runs that one
	$(BIN)/python -m tests.faults.soak --seeds $(SEEDS) --steps $(STEPS) $(if $(SEED),--seed $(SEED))

soak-kills: setup-dev ## Kill the laptop cloud ROUNDS times (1000) and look for what is lost. SEED=n repeats what a run did
	$(BIN)/python -m tests.durability.rounds $(ROUNDS) $(SEED)

lint: setup-dev ## Check types, style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: setup-dev ## Mend style and format where a tool can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-dev ## Measure; the tables are kept in bench/RESULTS.md
	$(BIN)/python -m bench

lock: setup-dev ## Resolve the dependencies anew
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 --generate-hashes --no-annotate --no-header \
		pyproject.toml --extra ocr --extra sound --extra build -o requirements/local.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 --generate-hashes --no-annotate --no-header \
		pyproject.toml --extra ocr --extra sound --extra build --extra dev -c requirements/local.lock -o requirements/dev.lock
	echo pesq | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 --generate-hashes --no-annotate \
		--no-header -c requirements/dev.lock - -o requirements/measures.lock
	echo scikit-image | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 --generate-hashes --no-annotate \
		--no-header --no-deps - -o requirements/samples.lock
	printf '%s\n' alibabacloud_ice20201109 alibabacloud_credentials oss2 aliyun-mns-sdk httpx pydantic | $(BIN)/uv pip compile --quiet \
		--upgrade --universal --python-version 3.12 --generate-hashes --no-annotate --no-header -c requirements/dev.lock \
		- -o requirements/rivals.lock
	$(BIN)/uv pip compile --quiet --upgrade --python-platform x86_64-manylinux2014 --python-version 3.12 --only-binary :all: \
		--generate-hashes --no-annotate --no-header shared/requirements.txt -c requirements/local.lock -o requirements/layer.lock

clean: ## Remove the environment and what was built; the data folder stays
	rm -rf $(VENV) .cache build dist .mypy_cache .ruff_cache .pytest_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Python 3.10 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "This Python has no venv module; on Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/.local: $(BIN)/python requirements/local.lock requirements/samples.lock pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/local.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m cli.samples .cache >/dev/null  # renders the clips, fetches the photographs; does without them offline
	@touch $@

$(VENV)/.dev: $(VENV)/.local requirements/dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@
