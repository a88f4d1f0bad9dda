# Two commands do everything: `make run` and `make test`.
PYTHON ?= python3
CONFIG ?= data/mmm.yaml
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test test-scale ui lint format docs tutorial clean \
	benchmark benchmark-truth benchmark-budget benchmark-tests benchmark-year benchmark-graph benchmark-report benchmark-engines soak

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

run: .venv/.runtime ## Refresh the newest week of the bundled sample (CONFIG=… for your own)
	$(BIN)/mmm refresh --config $(CONFIG)

# A worker on each core; one that is done takes over what another has yet to do.
test: .venv/.dev .venv/.docs lint ## Lint, types, import contract, tests (they also build the site)
	$(BIN)/pytest --numprocesses logical --maxprocesses 4 --dist worksteal

test-scale: .venv/.dev .venv/.scale ## Tests of PostgreSQL, Ray, DuckLake, buckets and dlt (apt-get install postgresql nginx-light)
	$(BIN)/pytest tests/scale

ui: .venv/.runtime ## Dagster's UI on http://127.0.0.1:3000
	$(BIN)/mmm ui --config $(CONFIG)

lint: .venv/.dev ## Lint, types and import contract alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/.docs ## Build the documentation: docs/site/index.html
	$(BIN)/python -m docs.build

tutorial: .venv/.docs ## Run the tutorial's commands again and put in what they print
	$(BIN)/python -m docs.rerun

benchmark: .venv/.dev ## Slow measurements, printed and written to benchmarks/ (DATASETS=folder)
	$(BIN)/python tests/benchmarks/first_refresh.py
	$(BIN)/python tests/benchmarks/forecast.py
	$(BIN)/python tests/benchmarks/truth.py
	$(BIN)/python tests/benchmarks/ablation.py
	$(BIN)/python tests/benchmarks/scaling.py

benchmark-truth: .venv/.dev ## Returns against the truth on fresh draws (DATASETS, SCIENCE: folders)
	$(BIN)/python tests/benchmarks/fresh_truth.py national simulator scenario meridian \
		shocks funnel published stress graphs
	$(BIN)/python tests/benchmarks/drifts.py simulator scenario meridian shocks

benchmark-budget: .venv/.dev ## Regret of budgets, lift tests, curves, brute force, scale (DATASETS=folder)
	$(BIN)/python tests/benchmarks/budget.py

benchmark-year: .venv/.dev ## A year of following the product in a simulated world (an hour)
	$(BIN)/python tests/benchmarks/year.py 32001

benchmark-tests: .venv/.dev ## Designs of tests against what they find, and what knowing is worth (DATASETS=folder)
	$(BIN)/python tests/benchmarks/experiments.py

benchmark-graph: .venv/.benchmark ## The channel graph: effects, known graphs, other packages (hours; DATASETS=folder)
	$(BIN)/python tests/benchmarks/graph_funnel.py
	$(BIN)/python tests/benchmarks/graph_structure.py
	$(BIN)/python tests/benchmarks/graph_by_method.py
	$(BIN)/python tests/benchmarks/funnel_returns.py

benchmark-report: .venv/.dev ## Build time, size, time until usable of reports (PROJECTS=mmm.yaml files)
	$(BIN)/python tests/benchmarks/report.py $(PROJECTS)

benchmark-engines: .venv/.dev .venv/.scale ## What engines cost: empty runs, backfills, two brands with readers (WEEKS)
	$(BIN)/python tests/benchmarks/engines.py

soak: .venv/.dev ## Long trials of bad days: kills, full disks, power cuts, spoilt bytes, readers, backfills, large sources, three years
	$(BIN)/python tests/benchmarks/crashes.py
	$(BIN)/python tests/benchmarks/faults.py
	$(BIN)/python tests/benchmarks/power_cuts.py
	$(BIN)/python tests/benchmarks/readers.py
	$(BIN)/python tests/benchmarks/backfill.py
	$(BIN)/python tests/benchmarks/corruptions.py
	$(BIN)/python tests/benchmarks/large_source.py
	$(BIN)/python tests/benchmarks/growth.py

clean: ## Remove the environment and what the sample produced
	rm -rf .venv data/warehouse data/reports docs/site docs/.cache

.venv/.runtime: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

.venv/.dev: .venv/.runtime
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

.venv/.docs: .venv/.runtime
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[docs]'
	@touch $@

.venv/.benchmark: .venv/.dev
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[benchmark]'
	@touch $@

.venv/.scale: .venv/.runtime
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[scale,sources,ingest]'
	@touch $@
