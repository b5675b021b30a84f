# Each target says what it does; `make help` prints the list.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# What is below Senlin in `make sandbox` and `make demo`: simulated, or real (an OpenStack 2024.1).
CLOUD  ?= simulated
# More processes than cores: a test on servers mostly waits. Tests that share what is made once for
# them stay together.
ON_SERVERS := --numprocesses 4 --dist loadgroup

.DEFAULT_GOAL := help

.PHONY: help
help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(VENV)/.installed ## Make .venv with all that the checks, the tests and the demo need

$(VENV)/.installed: requirements/dev.txt pyproject.toml
	@echo "Installing the Python packages into $(VENV) (under a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --require-hashes --requirement requirements/dev.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: lock
lock: ## Pin again what is installed, with hashes (needs uv)
	uv pip compile pyproject.toml --all-extras --group dev --generate-hashes --universal \
	  --python-version 3.11 --upgrade --custom-compile-command "make lock" --output-file requirements/dev.txt
	uv pip compile pyproject.toml --all-extras --constraint requirements/dev.txt --generate-hashes --universal \
	  --python-version 3.11 --upgrade --custom-compile-command "make lock" --output-file requirements/runtime.txt
	for each in bench cli image types; do uv pip compile requirements/$$each.in --constraint requirements/dev.txt --generate-hashes --universal \
	  --python-version 3.11 --upgrade --custom-compile-command "make lock" --output-file requirements/$$each.txt; done

.PHONY: chart
chart: setup ## Write again what follows from crds/ and the chart: copies, table of values, kustomization
	$(BIN)/python -m deploy.helm.generate

.PHONY: docs
docs: setup ## Write again the tables in docs/ that follow from the code
	$(BIN)/python -m docs.generate

.PHONY: picture
picture: setup ## Draw again what the dashboard shows of a real run (about 6 minutes)
	$(BIN)/python -m tests.observe.picture

.PHONY: check
check: setup ## Run the static checks: ruff, mypy, import-linter, subjects of commits
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.commits

.PHONY: fix
fix: setup ## Format, and repair what ruff can repair
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: unit
unit: setup ## Run the unit tests (no server)
	$(BIN)/pytest tests/unit --numprocesses 2 --dist worksteal

.PHONY: test-server
test-server: check ## Run the checks, the unit tests, and the stories on real servers that need no pods
	$(BIN)/python -m sandbox build
	$(BIN)/pytest --numprocesses 5 --dist loadgroup -m "not slow and not real" tests/operator tests/client tests/contract tests/crds tests/pages tests/programs tests/unit

.PHONY: test
test: check ## Run the checks and all tests, with a sample of the crash points
	$(BIN)/python -m sandbox build
	$(BIN)/python -m sandbox build --cloud real
	$(BIN)/python -m deploy.image build
	$(BIN)/pytest $(ON_SERVERS)

.PHONY: test-all
test-all: check ## The same with all crash points, and what takes longest
	$(BIN)/python -m sandbox build
	$(BIN)/python -m sandbox build --cloud real
	$(BIN)/python -m deploy.image build
	$(BIN)/pytest $(ON_SERVERS) --all

.PHONY: sandbox
sandbox: setup ## Start real servers to play with; `make sandbox-down` stops them
	$(BIN)/python -m sandbox up --cloud $(CLOUD)

.PHONY: sandbox-down
sandbox-down: setup ## Stop what `make sandbox` started
	$(BIN)/python -m sandbox down

.PHONY: demo
demo: setup ## Show the operator at work on real servers, then tidy up
	$(BIN)/python -m sandbox.demo --cloud $(CLOUD)

.PHONY: demo-keep
demo-keep: setup ## The same, but leave all running and say how to use it
	$(BIN)/python -m sandbox.demo --keep --cloud $(CLOUD)

.PHONY: bench
bench: setup ## Measure: requests and writes per operation, CPU, memory
	$(BIN)/python -m sandbox build
	$(BIN)/python -m tests.bench

.PHONY: bench-large
bench-large: setup ## Measure what takes long: 10,000 nodes of others, 10,000 resources, 100 clusters (an hour)
	$(BIN)/python -m sandbox build
	$(BIN)/python -m tests.bench.large
	$(BIN)/python -m tests.bench.fleet
	$(BIN)/python -m tests.bench.many
