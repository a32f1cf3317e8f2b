# Every word prints what it does. A fresh machine needs git, make and Python 3.11.

PYTHON  ?= $(firstword $(shell command -v python3.11 python3))
BIN     := .venv/bin
STAMP   := .venv/.set-up
SECONDS ?= 110
CONTACTS ?= 1000
EVENTS  ?= 40000
MINUTES ?= 10
ORDERS  ?= 1000000
SHARD   ?= 1/1
ROWS    ?=
TIMED   := bash .ci/timed

.DEFAULT_GOAL := help
.PHONY: help setup demo check test stories laws crash outage migration rolling chaos soak recovery month simulate fuzz mutants bench bench-peers bench-growth kafka validators image docs sbom audit lock incident

help: ## Print these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make the virtual environment in .venv (again only when the lock changed)

$(STAMP): requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "set-up needs Python 3.11; name it with: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(TIMED) "set up: environment" $(PYTHON) -m venv .venv
	@$(TIMED) "set up: packages" $(BIN)/python -m pip install -q --disable-pip-version-check \
	  --require-hashes -r requirements-dev.lock
	@$(TIMED) "set up: this one" $(BIN)/python -m pip install -q --disable-pip-version-check \
	  --no-deps -e .
	@touch $@

demo: $(STAMP) ## Play a shop's day through embedded broker, sandbox and worker (ARGS="--keep")
	@$(BIN)/cordial-streams demo $(ARGS)

# What make check runs; those of its files that take long wait for make test.
UNITS := tests/unit tests/bench tests/docs tests/deploy
SLOW = $(shell grep -rl --include 'test_*.py' 'mark\.slow' $(UNITS))
LAWS := $(filter-out $(UNITS) tests/chaos tests/worker,$(patsubst %/,%,$(wildcard tests/*/)))
# The longest first, so that none is begun at the end.
LONG := visitors_tying unread_keyed visitors_sent unread consent order_memory replaying visitors_crashing \
  identities lists traces mapped waits visitors more_partitions
LONGEST := $(LONG:%=tests/worker/test_%.py)
STORIES := $(LONGEST) $(filter-out $(LONGEST),$(wildcard tests/worker/test_*.py))

check: $(STAMP) ## Format, lint, types, imports, unit tests and stories: under a minute
	@$(TIMED) "format"  $(BIN)/ruff format --check -q .
	@$(TIMED) "lint"    $(BIN)/ruff check -q .
	@$(TIMED) "types"   $(BIN)/mypy
	@$(TIMED) "imports" $(BIN)/lint-imports
	@$(TIMED) "unit tests, stories" $(BIN)/pytest -q -n 2 --dist loadfile -m "not slow" \
	  --junitxml .cache/results/unit.xml $(UNITS)

test: check ## check, then laws, simulator, embedded and real broker, a crash run: under 8 minutes
	@$(MAKE) --no-print-directory --jobs 2 stories laws
	@$(TIMED) "real broker" bash .ci/real-broker 3000

# Stories of workers wait more than they compute, laws only compute: both at once.
stories:
	@bash .ci/named "stories on the embedded broker" $(BIN)/pytest -q -n 7 --dist loadfile \
	  --no-loadscope-reorder -m "not kafka" --junitxml .cache/results/stories.xml $(STORIES)

laws:
	@bash .ci/named "laws, simulator" $(BIN)/pytest -q -n 2 --dist loadfile -m "not kafka" \
	  --junitxml .cache/results/laws.xml $(LAWS) $(SLOW)

crash: $(STAMP) kafka ## Six long crash runs, resumable (EVENTS=40000, ARGS="--only S1 S2")
	@$(TIMED) "crash runs" $(BIN)/python -m tests.crash.suite --events $(EVENTS) $(ARGS)

outage: $(STAMP) kafka ## Cordial is away for ten minutes, the broker for one and a half (MINUTES=10)
	@$(TIMED) "outage" $(BIN)/python -m tests.crash.outage --minutes $(MINUTES)
	@$(TIMED) "broker away" $(BIN)/pytest -q tests/broker -m long

migration: $(STAMP) kafka ## More partitions under load, with kill -9 on the way (ARGS="--events 5000")
	@$(TIMED) "migration" $(BIN)/python -m tests.crash.migration $(ARGS)

rolling: $(STAMP) kafka ## Workers go over to this release and back under load, 2 minutes (ARGS="--earlier v0.1.0")
	@$(TIMED) "rolling" $(BIN)/python -m tests.crash.rolling $(ARGS)

chaos: $(STAMP) kafka ## Cause the faults of docs/faults.md, resumable (SHARD=1/4, ROWS=F05,F12)
	@$(TIMED) "faults" $(BIN)/python -m tests.chaos --shard $(SHARD) --rows "$(ROWS)" $(ARGS)
	@$(BIN)/python -m tools.faults

soak: $(STAMP) kafka ## Faults of every kind under half of the load it bears (MINUTES=30, ARGS="--seed 7")
	@$(TIMED) "soak" $(BIN)/python -m tests.soak --minutes $(MINUTES) $(ARGS)

incident: $(STAMP) ## Play an incident and see which alerts fire; draws docs/pictures (7 minutes)
	@bash .ci/promtool || { bash .ci/packages && bash .ci/promtool; }
	@$(TIMED) "incident" $(BIN)/python -m tests.incident --pictures docs/pictures $(ARGS)

recovery: $(STAMP) kafka ## Workers with a million orders die, restart, join, leave: under ten minutes (ORDERS=1000000)
	@$(TIMED) "recovery" $(BIN)/python -m tests.recovery --orders $(ORDERS) $(ARGS)

month: $(STAMP) ## Months of events in shuffled order, against their own (CONTACTS=1000)
	@$(TIMED) "months" $(BIN)/python -m tests.replay --contacts $(CONTACTS) $(ARGS)

simulate: $(STAMP) ## The long random walk of the simulator (SECONDS=110, ARGS=--defects)
	@$(TIMED) "simulator" $(BIN)/python -m tests.simulator --seconds $(SECONDS) $(ARGS)

fuzz: $(STAMP) ## 100,000 generated events by generated plans, resumable (ARGS="--seed 2001")
	@$(TIMED) "fuzz" $(BIN)/python -m tests.fuzz --events 100000 $(ARGS)

mutants: $(STAMP) .cache/mutmut ## Errors planted in the pure core, resumable (MODULE=core/lanes)
	@$(BIN)/python -m tools.mutants $(MODULE) $(ARGS)

.cache/mutmut:
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-warn-conflicts \
	  --target $@ 'mutmut==3.8.1'

bench: $(STAMP) kafka ## The product beside a naive Faust agent, about 6 minutes (ARGS="--only S1")
	@$(BIN)/python -m bench $(ARGS)

bench-peers: $(STAMP) kafka ## The product beside its peers, under 40 minutes, resumable (ALL=1: everything)
	@$(BIN)/python -m bench.peers $(if $(ALL),--all) $(ARGS)

bench-growth: $(STAMP) kafka ## What an event costs beside a million contacts and orders, about 15 minutes
	@$(BIN)/python -m bench.growth --pictures docs/pictures $(ARGS)

kafka: ## Fetch the real broker into .cache (needs Java and Maven; 30 s once)
	@bash .ci/kafka

validators: ## Fetch what manifests and AsyncAPI are validated with into .cache (needs npm and Go)
	@bash .ci/validators

image: $(STAMP) ## Replay the Dockerfile without a container engine and run what it makes (root)
	@bash .ci/image

docs: $(STAMP) ## Write the generated parts of the docs and manifests anew
	@$(BIN)/python -m tools.plan_schema
	@$(BIN)/python -m tools.reference
	@$(BIN)/python -m tools.topics
	@$(BIN)/python -m tools.rules
	@$(BIN)/python -m tools.asyncapi
	@$(BIN)/python -m tools.dashboards
	@$(BIN)/python -m tools.faults
	@$(BIN)/python -m tools.openapi

sbom: $(STAMP) ## List the parts of a package with their versions and hashes: dist/sbom.cdx.json
	@bash .ci/sbom dist/sbom.cdx.json

audit: $(STAMP) ## Look for known weaknesses of the locked packages, where a database answers
	@$(BIN)/python -m tools.audit

LOCK := .cache/uv/bin/uv pip compile -q pyproject.toml --extra rocksdb --extra compression --extra otel \
  --python-version 3.11 --no-header --no-emit-index-url --generate-hashes

lock: ## Resolve the dependencies of pyproject.toml into both locks (ARGS="--upgrade")
	@test -x .cache/uv/bin/uv || { $(PYTHON) -m venv .cache/uv && .cache/uv/bin/pip install -q uv; }
	@$(LOCK) --group dev -o requirements-dev.lock $(ARGS)
	@$(LOCK) -c requirements-dev.lock -o requirements.lock
	@.cache/uv/bin/uv pip compile -q --group image --python-version 3.11 --no-header \
	  --no-emit-index-url --generate-hashes -o requirements-build.lock $(ARGS)
