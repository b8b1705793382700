# make demo   a weak model gets better at math and code because its solutions are verified
# make demo-real  the same with a pretrained model, which is fetched first
# make test   the tests that can run on this machine, without the slow ones
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# Three files of tests at a time, on two cores: half of what tests take is waiting for processes. A file
# stays together, since its tests share what they made. The longest files begin first (tests/conftest.py).
THREE := -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: help install demo demo-real test test-all lint bench docs

help:
	@sed -n 's/^# make/make/p' Makefile
	@echo "make test-all  the slow tests, too; with COVERAGE=1, as CI runs them, also what they reach"
	@echo "make lint   ruff and mypy"
	@echo "make bench  the measurements, beside other projects where they are installed"
	@echo "make docs   the documentation as HTML, in site/"

install: $(STAMP)

demo: install
	@$(BIN)/veritune demo

demo-real: install
	@$(BIN)/veritune demo --real

test: install
	@$(BIN)/python -m pytest $(THREE) -m 'not slow' $(TESTS)

test-all: install
	@$(BIN)/python -m pytest $(THREE) $(if $(COVERAGE),--cov=veritune --cov-branch --cov-report=term:skip-covered) $(TESTS)

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: install
	@$(BIN)/veritune bench throughput --what answers
	@$(BIN)/veritune bench throughput --what code

docs: install
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build -q --strict

# Shows what pip is at: one moving line on a terminal, only the downloads elsewhere.
define PROGRESS
while IFS= read -r line; do case "$$line" in \
  *Collecting*|*Downloading*|*Building*|*Installing*|*Preparing*) \
    if [ -t 1 ]; then printf '\r\033[K  %.76s' "$${line#"$${line%%[! ]*}"}"; \
    else case "$$line" in *Downloading*MB*|*Installing*) printf '  %.76s\n' "$${line#"$${line%%[! ]*}"}";; esac; fi;; \
  esac; done; if [ -t 1 ]; then printf '\r\033[K'; fi
endef

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "veritune needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
	  { rm -rf .venv; echo "python cannot make a virtual environment (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 2; }
	@echo "installing veritune into .venv (once; PyTorch is the large part)"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -c constraints.txt -e '.[dev]' | { $(PROGRESS); }
	@touch $@
