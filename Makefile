# The front door. `make` alone lists what it does.

UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
UV_READY := $(VENV)/.uv-$(UV_VERSION)
READY := $(VENV)/.set-up
PYTHONS := python3 python3.11 python3.12 python3.13 python3.14
REFERENCE ?= ../shared/data
ARGS ?=

export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport VIRTUAL_ENV PYTHONHOME PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-full chaos chaos-short coverage mutants check fix vendor bench clean

help: ## list these commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with everything in it (needs only Python 3.11 or later and make)

demo: setup ## plan the demonstration partnership into ./demonstration-plan.xlsx and serve it (ARGS=--no-serve: plan only)
	@PLANNER_HOME="$${PLANNER_HOME:-$(CURDIR)/.planner}" $(BIN)/planner demo $(ARGS)

test: setup ## run the tests, in parallel (ARGS="-k money" for some of them); installs a browser for them where it may
	@tools/install_test_programs.sh
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not slow" $(ARGS)

test-full: setup ## run the tests with their long counts
	@tools/install_test_programs.sh
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

chaos-short: setup ## make things fail on purpose, each once or a few times (part of make test)
	@tools/install_test_programs.sh
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "chaos and not slow" $(ARGS)

chaos: setup ## make things fail on purpose, as often as docs/reliability.md says (up to an hour), and write its table again
	@tools/install_test_programs.sh
	PLANNER_CHAOS=full PLANNER_CHAOS_PAGE=docs/reliability.md $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m chaos $(ARGS)

coverage: setup ## branch coverage of the short tests, with every process they start
	@tools/install_test_programs.sh
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not slow" -p no:cacheprovider $(ARGS)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --skip-covered --sort=cover

mutants: setup ## change the program a little, one place at a time, and see whether its tests notice (ARGS="audit --sample 50")
	@$(BIN)/python tools/mutants.py $(ARGS)

check: setup ## format, lint, types, imports, lock file and generated pages
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/uv lock --check
	@$(BIN)/python -c "import pathlib, sys; from planner.intake.formats_page import formats_page; \
	page = pathlib.Path('docs/formats.md').read_text(encoding='utf-8'); \
	sys.exit(None if page.startswith(formats_page()) else 'docs/formats.md is out of date: run make fix.')"
	@$(BIN)/python -m optimisation.model_page | cmp -s - docs/model.md || { echo "docs/model.md is out of date: run make fix." >&2; exit 1; }
	@$(BIN)/python tools/licences_page.py | cmp -s - docs/licences.md || { echo "docs/licences.md is out of date: run make fix." >&2; exit 1; }

fix: setup ## mend format and lint, write the generated pages again
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	@{ $(BIN)/python -m planner.intake.formats_page && echo && awk '/^## / {part++} part > 1' docs/formats.md; } > docs/formats.new \
	&& mv docs/formats.new docs/formats.md
	@$(BIN)/python -m optimisation.model_page > docs/model.new && mv docs/model.new docs/model.md
	@$(BIN)/python tools/licences_page.py > docs/licences.new && mv docs/licences.new docs/licences.md

vendor: setup ## make web/static/vendor and tests/vendor again (needs Node.js)
	$(BIN)/python tools/vendor_assets.py

bench: setup ## time the planner on real schools (REFERENCE=folder of the reference data)
	@$(BIN)/planner bench --reference $(REFERENCE) $(ARGS)

clean: ## remove .venv, caches and what the demonstration wrote
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	rm -rf .planner tools/node_modules
	find planner optimisation web fixtures tests tools -name __pycache__ -prune -exec rm -rf {} +
	rm -f demonstration-plan.xlsx demonstration-plan.json

# --- how setup works: a stamp for uv, a stamp for the locked packages ---

$(UV_READY):
	@if ! $(BIN)/python -c 'import pip' 2>/dev/null; then \
		for python in $(PYTHON) $(PYTHONS); do \
			if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "Install Python 3.11 or later with its venv module (Debian and Ubuntu: python3 and python3-venv; elsewhere: python.org), then run make again." >&2; \
			exit 1; \
		fi; \
		$$found -m venv --clear $(VENV); \
	fi
	@$(BIN)/python -m pip install -qq "uv==$(UV_VERSION)"
	@touch $@

$(READY): $(UV_READY) pyproject.toml uv.lock
	@$(BIN)/uv sync --locked --quiet
	@$(BIN)/python -m compileall -q -j 0 -x '/tests/' $(VENV)/lib  # uv leaves this out, and a process of ours may write none
	@touch $@
	@echo "Ready: $(BIN)/planner."
