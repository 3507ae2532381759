# The only entry to this project: every target first prepares the machine as far as it needs.
# PROFILE=demo (the usual ports) or PROFILE=test (ports 10000 higher, other data); ARGS are handed on.

PROFILE ?= demo
ARGS ?=
TOPIC ?=
SERVICE ?=
FAULT ?=
TIMES ?=
SECONDS ?=
MATCH ?=

PYTHON = .venv/bin/python
STACK = $(PYTHON) -m stack --profile $(PROFILE)
TEST = $(PYTHON) -m stack --profile test

# Who goes with which worker is said in tests/turns.py.
WORKERS = -n 3 --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help demo up down status logs clean env check test test-compose lint bench \
	kafka mysql cqlsh redis-cli aws airflow simulate quarantine notebook bootstrap bootstrap-python \
	bootstrap-notebook

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16

demo: bootstrap ## start everything, run every DAG, show what landed where, leave it running
	@$(STACK) demo

up: bootstrap ## start what is not running, wait until it is ready
	@$(STACK) up $(ARGS)

down: bootstrap-python ## stop everything of the profile
	@$(STACK) down

status: bootstrap-python ## show every service: state, process, uptime, port
	@$(STACK) status

logs: bootstrap-python ## print the logs: make logs SERVICE=kafka-1 ARGS=-f
	@$(STACK) logs $(SERVICE) $(ARGS)

clean: ## stop everything, remove all data, settings, downloads and the .venv
	@if [ -d .stack/demo ] || [ -d .stack/test ]; then \
		sh stack/bootstrap.sh python && $(PYTHON) -m stack clean && $(TEST) clean; \
	fi
	@rm -rf .stack .env .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "  removed .stack, .env, .venv and the caches"

# Who runs the system in containers need not install Python and 200 packages to get a file.
env: ## write .env with random secrets, or add what it lacks; by Docker where there is no .venv
	@if [ ! -x $(PYTHON) ] && command -v docker >/dev/null; then \
		docker build --quiet --target env --tag dataflow360/env . >/dev/null \
			&& docker run --rm --network none --volume "$(CURDIR):/project" dataflow360/env; \
	else \
		sh stack/bootstrap.sh python && $(STACK) env; \
	fi

check: lint ## check all that needs no server: style, types, layers, unit tests, DAG files
	@$(PYTHON) -m pytest -n 2 --dist worksteal tests/unit tests/dags

# Without ARGS all tests, those that need no server first.
test: $(if $(ARGS),,check) bootstrap bootstrap-notebook ## run all tests; make test ARGS="tests/unit -x": those alone
	@if [ -d .stack/test ]; then $(TEST) clean; fi
	@$(TEST) up; status=$$?; \
	if [ $$status = 0 ]; then \
		$(TEST) run -- $(PYTHON) -m pytest $(WORKERS) \
			$(or $(ARGS),tests/integration tests/end_to_end); status=$$?; \
	fi; \
	$(TEST) down && exit $$status

test-compose: bootstrap ## run docker-compose.yaml under a Docker daemon of its own, with images made here (root, Debian)
	@$(PYTHON) -m pytest -x -s tests/compose $(ARGS)

lint: bootstrap-python ## check style, types, and that no import runs upwards
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --no-cache --no-logo
	@.venv/bin/hadolint Dockerfile

bench: bootstrap ## measure speed and memory on the stores of the test stack
	@$(TEST) up --without-airflow; status=$$?; \
	if [ $$status = 0 ]; then \
		$(TEST) run -- env AIRFLOW__LOGGING__LOGGING_LEVEL=ERROR \
			$(PYTHON) -m benchmarks $(ARGS); status=$$?; \
	fi; \
	$(TEST) down && exit $$status

kafka: bootstrap ## read a topic with Kafka's own consumer: make kafka TOPIC=vols_synthetiques
	@$(STACK) client kafka $(TOPIC) $(ARGS)

mysql: bootstrap ## open MySQL's client: make mysql ARGS="-e 'SHOW DATABASES'"
	@$(STACK) client mysql $(ARGS)

cqlsh: bootstrap ## open Cassandra's client: make cqlsh ARGS="-e 'DESCRIBE KEYSPACES'"
	@$(STACK) client cqlsh $(ARGS)

redis-cli: bootstrap ## open Redis's client: make redis-cli ARGS="GET key"
	@$(STACK) client redis-cli $(ARGS)

aws: bootstrap ## run the aws client on LocalStack: make aws ARGS="kinesis list-streams"
	@$(STACK) client aws $(ARGS)

airflow: bootstrap ## run Airflow's command line: make airflow ARGS="dags list"
	@$(STACK) client airflow $(ARGS)

simulate: bootstrap-python ## make a source fail: make simulate FAULT=aviationstack:quota TIMES=1; FAULT=none ends it
	@$(STACK) simulate $(FAULT) $(if $(TIMES),--times $(TIMES)) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(if $(MATCH),--match '$(MATCH)')

quarantine: bootstrap ## list, show, replay, dismiss refused records: make quarantine ARGS="list"
	@$(STACK) run -- dataflow360 quarantine $(ARGS)

notebook: bootstrap-notebook ## open JupyterLab on the stack's data: make notebook ARGS=--no-browser
	@$(STACK) run -- .stack/lib/notebook/bin/python -m jupyterlab --allow-root --ip 127.0.0.1 --port 8888 \
		notebooks/explore.ipynb $(ARGS)

bootstrap: bootstrap-python
	@sh stack/bootstrap.sh

bootstrap-python:
	@sh stack/bootstrap.sh python

bootstrap-notebook: bootstrap-python
	@sh stack/bootstrap.sh notebook
