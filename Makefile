# `make` alone lists the targets. Every target that needs the environment makes it first.
PYTHON3 ?= python3
BOT := .venv/bin/python -m bot

export RASA_TELEMETRY_ENABLED := false
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help setup serve train test check evaluate bench cluster audit fuzz lock clean

help: ## List the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: ## Make .venv with Python 3.10 and the locked packages
	@$(PYTHON3) setup/bootstrap.py

serve: setup ## Train if needed, start everything, print the addresses
	@$(BOT) serve

train: setup ## Train the model if its sources changed
	@$(BOT) train

check: setup ## Lint, types, import rules and quick tests; no TensorFlow; under a minute
	.venv/bin/ruff check bot actions tests benchmarks setup migrations
	.venv/bin/ruff format --check bot actions tests benchmarks setup migrations
	.venv/bin/mypy
	.venv/bin/python -m pytest tests -n 2 -m "not model and not services and not slow"

test: setup ## Everything: check, then the trained model, real processes and a browser
	@$(PYTHON3) setup/system_packages.py
	@$(MAKE) --no-print-directory check
	@$(BOT) train
	.venv/bin/python -m pytest tests --ignore tests/services -m "model or services or slow"
	.venv/bin/python -m pytest tests/services
ifdef CI
	@$(PYTHON3) setup/audit.py || test $$? -eq 2  # 2: the advisory service did not answer
endif

evaluate: setup ## Measure triage on the test set; report and plots go into reports/
	@$(BOT) evaluate

bench: setup ## Measure speed
	.venv/bin/python -m benchmarks.screening
	.venv/bin/python -m benchmarks.widget

cluster: setup ## Run two of each service behind a proxy, kill processes, count what was lost
	@$(BOT) train
	.venv/bin/python -W ignore -m benchmarks.cluster

audit: setup ## Look the locked packages up among known vulnerabilities
	@$(PYTHON3) setup/audit.py

fuzz: setup ## Many hostile inputs for every parser of outside bytes, with counts
	.venv/bin/python -m benchmarks.fuzz

lock: setup ## Resolve all requirements anew into the hashed lock
	.venv/bin/uv pip compile --universal --python-version 3.10 --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" \
		--python .venv/bin/python -o requirements/lock.txt requirements/development.in

clean: ## Remove the environment, models and everything this machine wrote
	rm -rf .venv models var reports .pytest_cache .hypothesis .mypy_cache .ruff_cache
