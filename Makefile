# Everything a person or CI calls. `make run` and `make test` set up what is missing first (tools/setup.py).
# Other systems than Debian: docs/installing.md.

PYTHON ?= python3
PYTEST_ARGS ?= -n 2 --dist loadgroup
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test lint types layers definitions check pictures golden bench soak build font lock clean

help:              ## Show these lines
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

run:               ## Set up what is missing, then start the program on a demo site with made-up subjects
	@$(PYTHON) tools/setup.py run
	$(BIN)/crf-app demo demo

test:              ## Set up what is missing, then run all tests
	@$(PYTHON) tools/setup.py test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint:              ## Style and common mistakes
	@$(PYTHON) tools/setup.py run
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:             ## Types, strictly
	@$(PYTHON) tools/setup.py run
	$(BIN)/mypy

layers:            ## Who may import whom
	@$(PYTHON) tools/setup.py run
	$(BIN)/lint-imports

definitions:       ## Load every study definition strictly
	@$(PYTHON) tools/setup.py run
	$(BIN)/crf-app check --strict forms

check: lint types layers definitions test   ## All of these checks

pictures:          ## Every screen in English, Chinese, dark and at 200 %, into docs/pictures (NAMES="casebook": some)
	@$(PYTHON) tools/setup.py run
	$(BIN)/python tools/pictures.py docs/pictures $(NAMES)

golden:            ## Draw the golden pictures of the tests anew; look at each before you keep it
	@$(PYTHON) tools/setup.py test
	CRF_APP_RENEW_GOLDEN=1 $(BIN)/python -m pytest tests/ui/screens/test_golden_pictures.py

bench:             ## Measure against the floors, print one table (BENCH_ARGS="--only P4 --quick")
	@$(PYTHON) tools/setup.py test
	$(BIN)/python -m bench $(BENCH_ARGS)

soak:              ## Kills, failing disks, power cuts, damage, histories: hours (SOAK_ARGS=--short: one minute)
	@$(PYTHON) tools/setup.py test
	$(BIN)/python -m bench.soak $(SOAK_ARGS)

build:             ## The program with all it needs in one folder: dist/crf-app
	@$(PYTHON) tools/setup.py build
	$(BIN)/python -m PyInstaller --noconfirm --log-level WARN build.spec

font:              ## Make resources/fonts/NotoSansSC.ttf anew (needs the network)
	@$(PYTHON) tools/setup.py run
	$(BIN)/python tools/make_font.py

lock:              ## Pin the newest allowed packages in requirements.lock (needs uv and the network)
	echo 'setuptools>=77' | uv pip compile pyproject.toml - --extra central --extra dev --upgrade \
	  --universal --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements.lock

clean:             ## Remove all that can be made again
	rm -rf .venv build dist demo *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
