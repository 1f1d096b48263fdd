# make demo: a report of the demo clip. make test: everything that CI runs. make coverage: how much of the code the
# tests run. They set up .venv themselves.
#   PYTHON=/path/to/python3.11   another Python (3.11 or 3.12)
#   TORCH_INDEX=https://download.pytorch.org/whl/cpu   torch without gigabytes of CUDA, and what vLLM for CPUs needs
#   MENTALIS_VLLM=DIR   a vLLM that is there already; VLLM= none: the tests that need one are skipped

export PYTHON
BIN := .venv/bin
PACKAGES := $(wildcard perception agents graphs reports server evals mentalis)
INSTALL := $(BIN)/python scripts/install.py
VLLM := $(if $(MENTALIS_VLLM),,.venv-vllm/.ready)
INDEX := $(if $(TORCH_INDEX),-- --extra-index-url $(TORCH_INDEX))

AT_ONCE := -n 3 --dist loadfile --no-loadscope-reorder  # the longest files are collected first; many wait for others

MAKEFLAGS += -j2  # vLLM is installed beside all else

.PHONY: demo test checks coverage format clean
.DELETE_ON_ERROR:

demo: .venv/.core
	$(BIN)/mentalis demo --out demo-report

test: checks $(VLLM)
	$(BIN)/pytest $(AT_ONCE)

checks: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports

coverage: .venv/.dev $(VLLM)
	$(BIN)/pytest $(AT_ONCE) --cov

format: .venv/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv .venv-vllm demo-report .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(BIN)/pip:
	@scripts/venv.sh

.venv/.core: pyproject.toml constraints.txt scripts/install.py | $(BIN)/pip
	$(INSTALL)
	@touch $@

.venv/.dev: pyproject.toml constraints.txt scripts/install.py | $(BIN)/pip
	$(INSTALL) dev neural prosody server evals $(INDEX)
	@touch .venv/.core $@

.venv-vllm/.ready: mentalis/vllm_environment.py scripts/vllm_for_tests.py | $(BIN)/pip
	PYTHONPATH=. $(if $(TORCH_INDEX),PIP_EXTRA_INDEX_URL=$(TORCH_INDEX)) $(BIN)/python scripts/vllm_for_tests.py
