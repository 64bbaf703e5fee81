# Every target sets up what it needs. The virtual environment is .venv; models run in environments of their own (model-lab setup).
PYTHON ?= python3
BIN := .venv/bin
JOBS ?= 2
MINIMUM_TOOLS := hypothesis museval nervaluate pytest textgrid
MINIMUM_TESTS := tests/metrics tests/formats tests/results tests/capabilities tests/provision tests/test_audio.py
.DEFAULT_GOAL := help
.PHONY: help setup sprint test minimum check docs screenshots bench clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Name one: make PYTHON=/path/to/python3.11"; exit 1; }
	@if $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then :; \
	  elif command -v uv >/dev/null; then echo "Python's venv module is missing; uv makes the environment"; \
	  elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq python3-venv; \
	  else echo "Python's venv module is missing; as root run: apt-get install python3-venv (or install uv)"; exit 1; fi
	@if $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then $(PYTHON) -m venv .venv; else uv venv --quiet --seed --clear --python "$(PYTHON)" .venv; fi
	@echo "installing the bench into .venv (a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,ui]'
	@command -v g++ >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq g++; } || true
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[meetings]' \
	  || echo "meeteval could not be built (it needs g++: as root run apt-get install g++); without it model-lab pipeline evaluate cannot score words"
	touch $@

setup: .venv/.ready ## Install everything: the core here, the models' environments and weights in the cache
	$(BIN)/model-lab setup

sprint: setup ## Run the sprint at the smoke tier and print the scorecards (more: make sprint ARGS="--tier standard"; JOBS=1: one worker at a time)
	$(BIN)/model-lab sprint hf_sprint_2026q1 --jobs $(JOBS) $(ARGS)

test: setup ## Run the tests
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

minimum: .venv/.ready ## Run the tests of the core with the oldest packages that pyproject.toml allows
	$(BIN)/uv venv --quiet --seed --clear --python $(BIN)/python .venv-minimum
	$(BIN)/uv pip install --quiet --python .venv-minimum/bin/python --resolution lowest-direct --editable '.[meetings,ui]'
	$(BIN)/uv pip install --quiet --python .venv-minimum/bin/python $(MINIMUM_TOOLS)
	.venv-minimum/bin/python -m pytest $(MINIMUM_TESTS) $(ARGS)

check: .venv/.ready ## Lint, types, layers, generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/model-lab docs --check

docs: .venv/.ready ## Write the generated pages of docs/ and build the site into site/
	$(BIN)/model-lab docs
	$(BIN)/python docs/_extensions/flow_pictures.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

screenshots: setup ## Take the documentation's pictures of the UI and of a conversation (needs chromium)
	$(BIN)/python -m tests.ui.screenshots

bench: setup ## Measure the harness itself: start-up, overhead, scaling
	$(BIN)/python benchmarks/overhead.py

clean: ## Remove the virtual environment and tool caches (runs and the cache of models stay)
	rm -rf .venv .venv-minimum site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
