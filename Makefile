# make demo: a report of the demo clip. make test: everything that CI runs. Both set up .venv themselves.
#   PYTHON=/path/to/python3.11   another Python (3.11 or 3.12)
#   TORCH_INDEX=https://download.pytorch.org/whl/cpu   torch without gigabytes of CUDA

export PYTHON
BIN := .venv/bin
PACKAGES := $(wildcard perception agents graphs reports server evals mentalis)
INSTALL := $(BIN)/python scripts/install.py
INDEX := $(if $(TORCH_INDEX),-- --extra-index-url $(TORCH_INDEX))

.PHONY: demo test format clean
.DELETE_ON_ERROR:

demo: .venv/.core
	$(BIN)/mentalis demo --out demo-report

test: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports
	$(BIN)/pytest --cov

format: .venv/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv demo-report .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(BIN)/pip:
	@scripts/venv.sh

.venv/.core: pyproject.toml constraints.txt scripts/install.py | $(BIN)/pip
	$(INSTALL)
	@touch $@

.venv/.dev: pyproject.toml constraints.txt scripts/install.py | $(BIN)/pip
	$(INSTALL) dev neural prosody server evals $(INDEX)
	@touch .venv/.core $@
