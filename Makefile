# heedful: the two commands that matter are `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

.PHONY: help demo test slow long soak lint types bench bench-peers bench-contacts bench-page bench-size bench-latency bench-landing clean
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

help:
	@grep -E '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):[^#]*## */  make \1|/' | column -t -s '|'

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("heedful needs Python 3.11 or later; PYTHON=... names one" if sys.version_info < (3, 11) else 0)'
	@echo "Installing into $(VENV): once, about a minute."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)  ## everything at work, until Ctrl-C; ARGS="--seconds 60 --headless --report report.json"
	$(BIN)/heedful demo $(ARGS)

test: $(READY)  ## every test that this machine can run in ten minutes; ARGS="-k name" narrows
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow and not chaos and not long" $(ARGS)

slow: $(READY)  ## the tests that take their time, and those that kill processes
	$(BIN)/python -m pytest -n auto --dist loadfile -m "(slow or chaos) and not long" $(ARGS) || [ $$? -eq 5 ]  # 5: there are none

long: $(READY)  ## three brokers that die, stand still, lose the network, run out of disk; the longest benchmarks: three quarters of an hour, one after the other
	$(BIN)/python -m pytest -m long $(ARGS)

soak: $(READY)  ## 10 million events, 200 kills of workers and brokers, a verdict; ARGS="--events 100000 --kills 20"
	$(BIN)/python -m tests.chaos.soak $(ARGS)

lint: $(READY)  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## mypy, strict
	$(BIN)/mypy

bench: $(READY)  ## heedful against plain Faust on the same broker, data and work
	$(BIN)/python -m benchmarks $(ARGS)

bench-peers: $(READY)  ## against Kafka Streams, Flink and others on Apache Kafka; ARGS="--events 200000 --rounds 1" is quick
	$(BIN)/python -m benchmarks.peers $(ARGS)

bench-contacts: $(READY)  ## what 100,000 open contacts weigh and cost in one worker
	$(BIN)/python -m benchmarks.contacts $(ARGS)

bench-page: $(READY)  ## the live page in Chromium with 100,000 open carts
	$(BIN)/python -m benchmarks.page $(ARGS)

bench-latency: $(READY)  ## how long after its moment a signal can be read, while events come in as they happen
	$(BIN)/python -m benchmarks.latency $(ARGS)

bench-landing: $(READY)  ## landing against a bare insert of the same blocks
	$(BIN)/python -m benchmarks.bare $(ARGS)

bench-size: $(READY)  ## ten million timers, the restore and the take-over of a million keys, cost against size
	$(BIN)/python -m benchmarks.timers
	$(BIN)/python -m benchmarks.restore
	$(BIN)/python -m benchmarks.size

clean:  ## remove what was installed and built
	rm -rf $(VENV) build dist *.egg-info
