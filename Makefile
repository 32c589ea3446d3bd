# make run    the program           make test   all tests
# make setup  only the environment  make lint   style, format, types
# make bench  the figures           make screenshots  the pictures of the README
# make zoo    torchvision's models as drawings: docs/zoo.md

.PHONY: run setup test lint fuzz bench screenshots zoo
.DEFAULT_GOAL := run

# The first of these that is Python 3.11 or newer; PYTHON=... names another one.
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python
IS_NEW := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in $(CANDIDATES); do \
	command -v $$name >/dev/null 2>&1 && $$name -c '$(IS_NEW)' 2>/dev/null && echo $$name && break; done)
PREPARE = $(if $(PYTHON),$(PYTHON) packaging/setup_environment.py,$(NO_PYTHON))
NO_PYTHON = printf '%s\n' "Layerloom needs Python 3.11 or newer, and there is none here." \
	"Debian, Ubuntu:  sudo apt-get install -y python3 python3-venv" \
	"macOS:           brew install python@3.13   (or the installer from python.org)" >&2; false
INSIDE = .venv/bin/python

# How many processes share the tests; each holds PyTorch and Qt.
JOBS ?= 2

run:
	@$(PREPARE) --system
	@$(INSIDE) -m app

setup:
	@$(PREPARE)

test:
	@$(PREPARE) --tests
	@$(INSIDE) -m pytest --numprocesses $(JOBS) --dist worksteal $(ARGS)

lint:
	@$(PREPARE)
	@$(INSIDE) -m ruff check .
	@$(INSIDE) -m ruff format --check .
	@$(INSIDE) -m mypy

fuzz:
	@$(PREPARE)
	@$(INSIDE) -m tests.engine.fuzz $(ARGS)

bench:
	@$(PREPARE) --system
	@$(INSIDE) -m benchmarks $(ARGS)

screenshots:
	@$(PREPARE) --system
	@$(INSIDE) packaging/screenshots.py

zoo:
	@$(PREPARE)
	@PYTHONPATH=. $(INSIDE) packaging/zoo.py $(ARGS)
