# The commands of the house. `make demo` and `make test` need nothing but Python 3.11+ and make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# Empty: the first Python on the PATH that is new enough (tools/install.sh).
PYTHON ?=
BIN := .venv/bin
# The folder of public data that `make real-data` and some tests read.
DATA ?= $(or $(LEPTA_DATA),../shared/data)
export PYTHONDONTWRITEBYTECODE =

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

install: ## Make .venv from the pins (nothing to do when nothing changed)
	@PYTHON="$(PYTHON)" tools/install.sh core

dev: install ## The same with the tools for tests, docs and benchmarks
	@PYTHON="$(PYTHON)" tools/install.sh dev

demo: install ## Install, then show a whole company: out/report.html, out/report.json
	@$(BIN)/lepta demo

real-data: install ## The main job on public tables (DATA=folder): out/real/
	@$(BIN)/python examples/real_data/build.py --data "$(DATA)" --out out/real/case
	@cd out/real && ../../$(BIN)/lepta assess --focus "$(abspath $(DATA))/focus/focus_1.0_sample.csv"
	@cd out/real && ../../$(BIN)/lepta plan --case case
	@cd out/real && ../../$(BIN)/lepta report --out .

study: install ## What each promise costs a company, on public tables (DATA=folder): out/study/
	@$(BIN)/python examples/study/run.py --data "$(DATA)" --out out/study

check: dev ## Style, types, layers
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: check browser ## Install, check the house, run the tests
	@$(BIN)/pytest -n 2 -m "not slow"

test-slow: dev ## The tests that take minutes
	@$(BIN)/pytest -m slow

browser: ## Chromium for the page tests, where root and apt exist; said otherwise
	@tools/browser.sh

bench: dev ## Every measured claim against its peer, ratios printed
	@for file in bench/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

docs: dev ## The manual into site/
	@$(BIN)/python tools/reference.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

PINS := uv pip compile --python-version 3.11 --no-header --no-annotate --quiet
pins: ## Resolve the pins anew (needs uv)
	$(PINS) pyproject.toml -o requirements/core.txt
	$(PINS) --group build -c requirements/core.txt -o requirements/build.txt
	$(PINS) --group dev --all-extras -c requirements/core.txt -c requirements/build.txt pyproject.toml -o requirements/dev.txt

clean: ## Remove what was made
	rm -rf .venv out site dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: help install dev demo real-data study check test test-slow browser bench docs pins clean
