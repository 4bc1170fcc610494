# `make demo` and `make test` are all that a newcomer needs; each sets up what it uses.
PY := .venv/bin/python

# The tests that are skipped without an extra.
EXTRAS := ocr_engines rapid_ocr segmentation semantic_vectors speech_spans transcript
EXTRA_TESTS := $(EXTRAS:%=tests/unit/slave/test_%.py) tests/e2e/test_dask_engine.py

.PHONY: demo test test-fast test-extras coverage run setup setup-dev lint audit bench bench-more accuracy instruction-sets mutation chaos power-cuts fuzz hostile clean

demo: setup  ## a master and two slaves, real files of all six types, a table of what came back
	@$(PY) scripts/demo.py

run: setup  ## a master and two slaves that stay up until Ctrl-C
	@$(PY) scripts/local_cluster.py

test: lint  ## lint, types, and the whole test suite
	$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

test-fast: setup-dev  ## the unit tests that are not slow, for the working loop
	$(PY) -m pytest tests/unit -m "not slow" -n 3 --dist loadfile -q

test-extras: setup-dev  ## the tests that need the optional extras, which are installed into .venv-extras (1.5 GB)
	$(PY) -m venv .venv-extras
	.venv-extras/bin/python -m pip install -q -r requirements-dev.txt -r requirements-ocr.txt -r requirements-text.txt
	.venv-extras/bin/python -m pip install -q -r requirements-speech.txt
	.venv-extras/bin/python -m pip install -q --no-deps -r requirements-embedding.txt
	.venv-extras/bin/python -m pip install -q -r requirements-dask.txt
	.venv-extras/bin/python -m pytest $(EXTRA_TESTS)

coverage: setup-dev  ## the same suite, counting the lines that it runs, in all processes; twice as slow
	$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report

lint: setup-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

audit: setup-dev  ## the pinned versions against PyPI's database of vulnerabilities, where it can be reached
	@scripts/audit.sh

bench: setup-dev  ## speed and memory beside bare processes, and with PEERS=1 beside Celery, Dask and Ray
	@$(if $(PEERS),scripts/setup_peers.sh)
	$(PY) -m benchmarks $(if $(PEERS),--peers)

bench-more: setup-dev  ## a job of 100,000 files, the loss of a slave, the page: what has bounds of its own
	$(PY) -m benchmarks.many_files
	$(PY) -m benchmarks.lost_slave
	$(PY) -m benchmarks.page

accuracy: setup-dev  ## how right the results are, by task type, with the inputs of SEED (a new one)
	@SEED=$(SEED) TYPES=$(TYPES) $(PY) -m accuracy

instruction-sets: setup-dev  ## whether results are the same on emulated older CPUs (qemu-user) and with more threads
	$(PY) -m scripts.instruction_sets

mutation: setup-dev  ## changes the deciding code in 1,500 ways; fails unless the tests notice 90 %
	$(PY) -m scripts.mutation $(MUTANTS)

chaos: setup-dev  ## CHAOS_RUNS seeded schedules of faults (20) from CHAOS_SEED (1) on; a master killed at each write
	$(PY) -m tests.chaos
	KILLED_AT_EVERY=1 $(PY) -m pytest tests/e2e/test_killed_master.py

power-cuts: setup-dev  ## CUTS losses of power (200) from the seed SEED (1) on, at random moments of random work
	CUTS=$(CUTS) SEED=$(SEED) $(PY) -m tests.power_cuts

fuzz: setup-dev  ## FUZZ_RUNS seeds (5) from FUZZ_SEED (1) on of odd requests, by the API's description
	$(PY) -m tests.fuzz
	FUZZ_CASES=$${FUZZ_CASES:-20000} $(PY) -m pytest tests/contract/test_raw_http.py

hostile: setup-dev  ## N hostile files (1000) of the seed SEED (1); with FILE=1234 that one alone
	HOSTILE_FILES=$(N) HOSTILE_SEED=$(SEED) HOSTILE_FILE=$(FILE) $(PY) -m tests.hostile

setup:
	@scripts/setup.sh

setup-dev:
	@scripts/setup.sh dev

clean:
	rm -rf .venv .venv-extras .venv-peers .spool .coverage* .mypy_cache .ruff_cache .pytest_cache mutants
