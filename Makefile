# Everything a newcomer runs. `make demo` and `make test` set up by themselves; nothing is installed outside .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run demo test lint types docs bench clean
.DEFAULT_GOAL := demo

.venv/made: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv || { $(PYTHON) -m pip install --quiet --user virtualenv && $(PYTHON) -m virtualenv .venv; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

run: .venv/made
	@test -f config.toml || $(BIN)/monitor init
	$(BIN)/monitor run

demo: .venv/made
	$(BIN)/monitor demo

# All tests, then those that open a store once more on PostgreSQL.
test: .venv/made
	$(BIN)/python -m pytest
	MONITOR_TEST_STORE=postgres $(BIN)/python -m pytest -m either_store

lint: .venv/made
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/made
	$(BIN)/mypy

# The site, in .site/.
docs: .venv/made
	$(BIN)/mkdocs build --quiet --strict

# DATA is the folder of the labeled collections.
bench: .venv/made
	$(BIN)/python benchmarks/novelty.py --data $(DATA)

clean:
	rm -rf .venv .site demo
