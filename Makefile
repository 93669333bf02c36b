# One command does each thing. Only Python 3.11 or later, make and the package registry are needed;
# test-all and bench also need the system packages that .ci/run installs.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Processes that share the tests, and which tests `make test` runs: all of them where none are named.
JOBS ?= 2
TESTS ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Tests and benchmarks start processes by the hundred: what one has compiled the others read.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check test-all contract soak bench reference catalogues screenshots clean

demo: $(VENV)/installed       ## the sample digest as pages, feeds and mails in demo/
	$(BIN)/newsletter demo

test: $(VENV)/installed-dev   ## every test that needs only Python and the registry
	$(BIN)/python -m pytest -n $(JOBS) -m "not system and not soak" $(TESTS)

check: $(VENV)/installed-dev  ## lint, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

test-all: $(VENV)/installed-dev node_modules/.package-lock.json  ## all tests but the soak
	$(BIN)/python -m pytest -n $(JOBS) -m "not soak"

contract: $(VENV)/installed-dev node_modules/.package-lock.json  ## providers' requests before their own OpenAPI files
	$(BIN)/python -m pytest tests/contracts/test_openapi.py tests/system/test_prism.py

soak: $(VENV)/installed-dev   ## a large edition killed a hundred times, and all else that takes minutes
	$(BIN)/python -m pytest -m soak tests/soak

bench: $(VENV)/installed-dev node_modules/.package-lock.json  ## every benchmark beside its peers: about an hour
	for each in digests topics feeds build subscribers mail dkim_signing delivery providers; do $(BIN)/python benchmarks/$$each.py || missed=1; done; exit $${missed:-0}

reference: $(VENV)/installed-dev  ## after a change of commands or keys: docs/commands.md, docs/configuration.md
	$(BIN)/python docs/make_reference.py

catalogues: $(VENV)/installed-dev  ## after a change of interface words: extract, update, compile
	$(BIN)/pybabel --quiet extract -F locale/babel.cfg -k words -o $(VENV)/newsletter.pot --no-location newsletter templates
	$(BIN)/pybabel --quiet update -D newsletter -d locale -i $(VENV)/newsletter.pot --no-fuzzy-matching --ignore-obsolete
	$(BIN)/pybabel --quiet compile -D newsletter -d locale

screenshots: $(VENV)/installed-dev  ## the sample's mail as readers see it, in screenshots/; four in docs/screenshots/; needs Chromium
	$(BIN)/python docs/make_screenshots.py

clean:
	rm -rf $(VENV) demo screenshots build dist node_modules

node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	touch $@

# constraints.txt pins what CI has seen working; the wheel itself asks only for lower bounds.
$(VENV)/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt -e .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) install -c constraints.txt -e '.[dev]'
	touch $@
