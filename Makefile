# Every target makes what it needs; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TSC := $(VENV)/typescript/node_modules/.bin/tsc
SOAK ?= 1
OLDEST := $(addprefix tests/,test_model.py test_jobs.py pictures/test_bounds.py pictures/test_files.py datasets/test_download.py \
    datasets/test_archives.py cli/test_train.py cli/test_evaluate.py cli/test_predict.py)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help install demo test lint types check oldest accuracy soak bench kinds dist pretrained clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(READY)  ## make .venv with mnistnet and the tools to develop it
	@echo 'mnistnet is in $(VENV); activate it with: . $(BIN)/activate'

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

demo: $(READY)  ## download or draw digits, train, evaluate, read pictures: the main job
	@tests/demo.sh $(abspath $(BIN))/mnistnet

test: $(READY)  ## run the tests
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

soak: $(READY)  ## minutes of kills, attacks and damage; make soak SOAK=0.05 is a short form
	SOAK=$(SOAK) $(BIN)/python -m pytest tests/soak/*.py

lint: $(READY)  ## check style and formatting, and the types of the page's JavaScript where there is npm
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	@if command -v npm > /dev/null; then $(MAKE) --no-print-directory $(TSC) && $(TSC) --project tests/page; \
	else echo "There is no npm here: the page's JavaScript is not checked"; fi

$(TSC):
	npm install --silent --no-audit --no-fund --prefix $(VENV)/typescript typescript@5 axe-core@4

types: $(READY)  ## check types
	$(BIN)/mypy

check: lint types test  ## all checks

oldest:  ## test commands, model file and pictures with the oldest allowed libraries, where there is a Python 3.11
	@tests/oldest.sh $(OLDEST)

accuracy: $(READY)  ## measure the README's accuracies on real MNIST, with five seeds
	$(BIN)/python tests/benchmarks/accuracy.py

bench: $(READY)  ## measure speeds on real MNIST
	$(BIN)/python tests/benchmarks/speed.py

kinds: $(READY)  ## read simulated pictures of every kind, and print how many of each are right
	$(BIN)/python tests/benchmarks/kinds.py

dist: $(READY)  ## build wheel and sdist in dist/, check them, and run the demo from the wheel in clean environments
	rm -rf dist
	$(BIN)/python -m build --outdir dist > /dev/null
	$(BIN)/python -m twine check --strict dist/*
	@tests/wheel.sh dist/*.whl

pretrained: $(READY)  ## make the model that comes with the package again
	$(BIN)/python tests/benchmarks/pretrained.py

clean:  ## remove what the other targets made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find mnistnet tests -name __pycache__ -prune -exec rm -rf {} +
