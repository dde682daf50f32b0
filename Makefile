# The two commands are `make run` and `make test`: each installs what it needs, and nothing twice.

PYTHON ?= python3
ARGS ?=
SECONDS ?= 3600

VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements
MODULES := frontend/node_modules
PAGE := server/mouse_dashboard/page/index.html

# Neighbours stay with one worker, and so does the dashboard that they share, until another one has nothing left.
PARALLEL := -n 2 --dist worksteal
# A file of browser tests stays whole: several start a dashboard of their own, which two workers would start twice.
PARALLEL_FILES := -n 2 --dist loadfile

# macOS has GNU make 3.81, which cannot keep the output of two parts apart.
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

# To count lines takes as long as the tests themselves, so that is done where it proves something: in the rooms of the library.
# The rooms of others are left out, and these are not named: of each that is named, pytest imports the conftest.py before it
# starts a worker, which imports all of it again.
LIBRARY_ROOMS := $(addprefix tests/,data demo diagnosis evidence explain mapping mouse notebook recordings tracing)
OTHER_ROOMS := $(filter-out $(LIBRARY_ROOMS),$(patsubst %/,%,$(wildcard tests/[a-z]*/)))
LIBRARY_TESTS := tests $(addprefix --ignore=,$(OTHER_ROOMS))
SERVICE_TESTS := tests $(addprefix --ignore=,$(LIBRARY_ROOMS) tests/browser)

# What is installed is marked inside its own folder: whoever deletes the folder gets it anew.
PYTHON_READY := $(VENV)/.ready
FRONTEND_READY := $(MODULES)/.ready
PAGE_SOURCES := $(shell find frontend \( -name node_modules -o -path frontend/tests \) -prune -o -type f -print)

# Compiling torch anew at every start costs ten seconds: where this is set, it is not meant for what is installed here.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-quick test-library test-service test-frontend test-browser fuzz check check-python check-frontend fix types lock dist install clean

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

run: $(PYTHON_READY) $(PAGE)  ## open the dashboard on the demo batch; more flags: make run ARGS="--port 9000 --no-open"
	$(BIN)/mouse dashboard $(ARGS)

# Each of these alone leaves the two cores that CI has idle for a quarter of its time, so two run beside each other.
test: install  ## every check and every test
	@echo "Two parts run at once, 15 to 20 minutes on two cores. Each prints what it says when it ends."
	$(MAKE) --no-print-directory --jobs=2 $(SYNC) check test-frontend test-library test-service test-browser

test-quick: $(PYTHON_READY) $(PAGE)  ## the fast Python tests: no process, no browser, few generated examples
	OMP_NUM_THREADS=1 $(BIN)/pytest $(PARALLEL) -m "not browser and not process and not slow" --hypothesis-profile=quick

test-library: $(PYTHON_READY) $(PAGE)  ## the tests of the library, which must run every line and branch of it
	OMP_NUM_THREADS=1 $(BIN)/pytest $(PARALLEL) $(LIBRARY_TESTS) --cov --cov-report=term --cov-fail-under=100

# Shapes are enforced in the tests of the library; to check them at each call here too would take a fifth of the time.
test-service: $(PYTHON_READY) $(PAGE)  ## the tests of the service, the examples and this set-up
	JAXTYPING_DISABLE=1 OMP_NUM_THREADS=1 $(BIN)/pytest $(PARALLEL) $(SERVICE_TESTS)

test-frontend: $(FRONTEND_READY)  ## the unit tests of the page
	cd frontend && npm test

test-browser: $(PYTHON_READY) $(PAGE)  ## the tests that drive the page in Chromium
	chromium=$$(PATH="$(BIN):$$PATH" sh .ci/chromium) && \
	env JAXTYPING_DISABLE=1 OMP_NUM_THREADS=1 $${chromium:+"MOUSE_CHROMIUM=$$chromium"} $(BIN)/pytest $(PARALLEL_FILES) tests/browser

fuzz: $(PYTHON_READY)  ## change files and requests at random for an hour; shorter: make fuzz SECONDS=60
	-$(BIN)/uv pip install --quiet --python $(VENV) --group fuzz
	nice -n 19 $(BIN)/python -m tests.fuzz $(SECONDS)

check: check-python check-frontend  ## formatting, lint and types; rewrites nothing

check-python: $(PYTHON_READY)  ## the same for the Python code alone
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	NODE_OPTIONS=--max-semi-space-size=128 $(BIN)/pyright
	$(BIN)/lint-imports --no-logo

check-frontend: $(FRONTEND_READY)  ## the same for the page alone
	cd frontend && npm run check

fix: $(PYTHON_READY) $(FRONTEND_READY)  ## repair formatting and lint where a tool can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	cd frontend && npm run fix

types: $(PYTHON_READY) $(FRONTEND_READY)  ## write server/openapi.json and the page's client of it anew
	$(BIN)/python -m mouse_dashboard.web.openapi
	cd frontend && npm run types

install: $(PYTHON_READY) $(FRONTEND_READY) $(PAGE)  ## install everything and build the page, run nothing

dist: $(PYTHON_READY) $(PAGE)  ## build the sdist, and from it the wheel, and check both
	rm -rf dist
	$(BIN)/uv build --no-build-isolation --python $(BIN)/python
	$(BIN)/twine check --strict dist/*.whl dist/*.tar.gz
	$(BIN)/python -m zipfile --list dist/*.whl | grep mouse_dashboard/page/licenses.md
	tar --list --file dist/*.tar.gz | grep mouse_dashboard/page/licenses.md

clean:  ## remove what these commands made
	rm -rf $(VENV) $(MODULES) server/mouse_dashboard/page .coverage .hypothesis .pytest_cache .ruff_cache

COMPILE = $(BIN)/uv pip compile --quiet --custom-compile-command "make lock" --config-file $(LOCKS)/lock.toml --universal \
	--generate-hashes --no-emit-package torch --constraints constraints.txt

lock: $(PYTHON_READY)  ## write the locks of the Python packages anew; newer releases: make lock ARGS=--upgrade
	$(COMPILE) $(ARGS) pyproject.toml --extra dashboard --output-file $(LOCKS)/dashboard.txt
	$(COMPILE) $(ARGS) pyproject.toml --extra dashboard --group dev --constraints $(LOCKS)/dashboard.txt --output-file $(LOCKS)/dev.txt
	grep --max-count=1 ^uv== $(LOCKS)/dev.txt | tr -d ' \\' | $(COMPILE) - --output-file $(LOCKS)/uv.txt

# Every package but torch comes from the lock, with its hash checked. uv reads no pip configuration. Where pip has a folder of
# wheels, torch is looked for in it; elsewhere uv picks the build of torch for this machine, CPU or GPU, from PyTorch's
# index, or PyPI's build where that index cannot be reached.
$(PYTHON_READY): pyproject.toml constraints.txt $(LOCKS)/dev.txt $(LOCKS)/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "mouse needs Python 3.11 or newer, $(PYTHON) is not: name one with make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement $(LOCKS)/uv.txt
	@wheels=$${PIP_FIND_LINKS:-$$($(BIN)/pip config get global.find-links 2>/dev/null)}; \
	install="$(BIN)/uv pip install --python $(VENV) --constraints constraints.txt --requirements $(LOCKS)/dev.txt \
		--build-constraints $(LOCKS)/dev.txt --editable ."; \
	set -x; \
	if [ -n "$$wheels" ]; then $$install "--find-links=$$wheels"; else $$install --torch-backend=auto || $$install; fi
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
