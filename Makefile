# One command each. A second run takes what the first one made: `make demo` and `make test` are then up in seconds.
#
#   make demo     five calls through a real Asterisk on loopback, with a summary and demo-report.json
#   make test     every test, the live ones with a real Asterisk included
#   make bench    the benchmarks' short forms, in under 5 minutes; figures in benchmarks/out/
#   make check    ruff, mypy --strict, the import contracts
#   make clean    removes what make made in this folder (not the cache of Asterisk: see OUIDIRE_CACHE)
#
# PYTHON     the interpreter (3.11 or newer)
# PIP_ARGS   more options for pip, for example PyTorch's CPU build instead of gigabytes of CUDA:
#            make demo PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu"
# DEMO_ARGS  options of the demo (make demo DEMO_ARGS=--help)
# TEST_ARGS  options of pytest (make test TEST_ARGS="-m 'not live'")
# BENCHMARKS which benchmarks (make bench BENCHMARKS="packets vad")

PYTHON ?= python3
VENV ?= .venv
PIP_ARGS ?=
DEMO_ARGS ?=
TEST_ARGS ?=
BENCHMARKS ?= packets websockets faults vad facts calls asterisk_load

bin := $(VENV)/bin
installed := $(VENV)/.installed

.PHONY: demo test bench check docker-check clean

demo: $(installed)
	@$(bin)/python -m tests.demo $(DEMO_ARGS)

test: $(installed)
	@$(bin)/python -m pytest $(TEST_ARGS)

# Each runs even where one before it missed a limit; the target fails if any did.
bench: $(installed)
	@failed=; for one in $(BENCHMARKS); do echo "== $$one"; $(bin)/python -m benchmarks.$$one --short || failed="$$failed $$one"; echo; done; \
	  test -z "$$failed" || { echo "limits missed, or not run:$$failed"; exit 1; }

check: $(installed)
	@$(bin)/ruff check .
	@$(bin)/mypy
	@$(bin)/lint-imports

docker-check: $(installed)
	@$(bin)/python -m tests.docker

$(installed): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Ouïdire needs Python 3.11 or newer; name one with make PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "This Python cannot make virtual environments; on Debian, as root: apt install python3-venv"; exit 1; }
	@echo "installing into $(VENV), a few minutes the first time ..."
	@test -x $(bin)/python || $(PYTHON) -m venv $(VENV)
	@PIP_CONSTRAINT=constraints.txt $(bin)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -e '.[dev]' || \
	  { echo "pip could not install the packages: its own words are above. Is the package index reachable, and is there space on the disk?"; exit 1; }
	@touch $@

clean:
	rm -rf $(VENV) demo-out demo-report.json benchmarks/out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
