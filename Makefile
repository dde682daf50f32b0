# The two commands are `make run` and `make test`: each installs what it needs, and nothing twice.

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
MODULES := frontend/node_modules
PAGE := server/mouse_dashboard/page/index.html

# Neighbours stay with one worker, and so does the dashboard that they share, until the other one has nothing left.
PARALLEL := -n 2 --dist worksteal

# What is installed is marked inside its own folder: whoever deletes the folder gets it anew.
PYTHON_READY := $(VENV)/.ready
FRONTEND_READY := $(MODULES)/.ready
PAGE_SOURCES := $(shell find frontend \( -name node_modules -o -path frontend/tests \) -prune -o -type f -print)

# Compiling torch anew at every start costs ten seconds: where this is set, it is not meant for what is installed here.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-python test-frontend test-browser check check-python check-frontend fix types install clean

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

run: $(PYTHON_READY) $(PAGE)  ## open the dashboard on the demo batch; more flags: make run ARGS="--port 9000 --no-open"
	$(BIN)/mouse dashboard $(ARGS)

test: check test-python test-frontend test-browser  ## every check and every test

test-python: $(PYTHON_READY)  ## the tests of the library, the service and this set-up
	OMP_NUM_THREADS=1 $(BIN)/pytest $(PARALLEL) -m "not browser" --cov --cov-report=term --cov-fail-under=100

test-frontend: $(FRONTEND_READY)  ## the unit tests of the page
	cd frontend && npm test

test-browser: $(PYTHON_READY) $(PAGE)  ## the tests that drive the page in Chromium
	chromium=$$(PATH="$(BIN):$$PATH" sh .ci/chromium) && \
	env OMP_WAIT_POLICY=PASSIVE $${chromium:+"MOUSE_CHROMIUM=$$chromium"} $(BIN)/pytest $(PARALLEL) tests/browser

check: check-python check-frontend  ## formatting, lint and types; rewrites nothing

check-python: $(PYTHON_READY)  ## the same for the Python code alone
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright

check-frontend: $(FRONTEND_READY)  ## the same for the page alone
	cd frontend && npm run check

fix: $(PYTHON_READY) $(FRONTEND_READY)  ## repair formatting and lint where a tool can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	cd frontend && npm run fix

types: $(PYTHON_READY) $(FRONTEND_READY)  ## write server/openapi.json and the page's types of it anew
	$(BIN)/python -m mouse_dashboard.openapi
	cd frontend && npm run types

install: $(PYTHON_READY) $(FRONTEND_READY) $(PAGE)  ## install everything and build the page, run nothing

clean:  ## remove what these commands made
	rm -rf $(VENV) $(MODULES) server/mouse_dashboard/page .coverage .hypothesis .pytest_cache .ruff_cache

# uv reads no pip configuration. Where pip has a folder of wheels, torch is looked for in it; elsewhere uv picks the build
# of torch for this machine, CPU or GPU.
$(PYTHON_READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "mouse needs Python 3.11 or newer, $(PYTHON) is not: name one with make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade uv
	@wheels=$${PIP_FIND_LINKS:-$$($(BIN)/pip config get global.find-links 2>/dev/null)}; \
	if [ -n "$$wheels" ]; then torch="--find-links=$$wheels"; else torch=--torch-backend=auto; fi; \
	set -x; $(BIN)/uv pip install --python $(VENV) "$$torch" --constraints constraints.txt --editable ".[dev]"
	@touch $@

$(FRONTEND_READY): frontend/package.json frontend/package-lock.json
	@node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major * 100 + +minor < 2019 ? 1 : 0)' \
		2>/dev/null && npm --version >/dev/null 2>&1 || \
		{ echo "mouse needs Node 20.19 or newer, with npm, on the PATH" >&2; exit 1; }
	cd frontend && npm ci
	@touch $@

$(PAGE): $(FRONTEND_READY) $(PAGE_SOURCES)
	cd frontend && npm run build
	@touch $@
