# Paths are relative throughout: make cannot hold a folder with a space in its name.
# .venv's own scripts carry its absolute path in their first line, so modules are run instead.
PYTHON_HERE := .venv/bin/python
INSTALL := sh config/local/install.sh
COMPILE := .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
  --python-version 3.11 pyproject.toml
DJADE := .venv/bin/djade --target-version 5.2
TEMPLATES := find templates -name '*.html' -print0

.PHONY: demo fresh test lint format bench lock licenses

# The whole product on this machine. PORT=8123 make demo for another port.
demo:
	@$(INSTALL) demo
	@exec $(PYTHON_HERE) -m config.local.demo

# Forgets what was typed into the demo.
fresh:
	@$(INSTALL) demo
	@exec $(PYTHON_HERE) -m config.local.demo fresh

# make test args="tests/regions -x" for some of the tests.
test:
	@$(INSTALL) test
	@$(MAKE) --no-print-directory lint
	$(PYTHON_HERE) -m pytest --numprocesses=2 --dist=worksteal $(args)

lint:
	@$(INSTALL) test
	$(PYTHON_HERE) -m ruff format --check
	$(PYTHON_HERE) -m ruff check
	$(PYTHON_HERE) -m mypy
	$(TEMPLATES) | xargs -0 -r $(DJADE) --check
	$(PYTHON_HERE) -c "from importlinter.cli import lint_imports_command as lint; lint()"

format:
	@$(INSTALL) test
	$(PYTHON_HERE) -m ruff format
	$(PYTHON_HERE) -m ruff check --fix
	$(TEMPLATES) | xargs -0 -r $(DJADE) || true  # it fails when it has changed something

# Every measurement, or one: make bench name=pdf. Each writes var/bench/<name>.json.
bench:
	@$(INSTALL) test
	@mkdir -p var/bench
	@for script in bench/$(or $(name),*).py; do \
	  $(PYTHON_HERE) -m config.local.engines -- \
	    $(PYTHON_HERE) -m "bench.$$(basename "$$script" .py)" || exit 1; \
	done

# The lock files, after pyproject.toml has changed. make lock args=--upgrade takes newer versions.
lock:
	@$(INSTALL) test
	$(PYTHON_HERE) -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(COMPILE) $(args) --output-file requirements.lock
	$(COMPILE) $(args) --extra dev --output-file requirements-dev.lock
	@$(MAKE) --no-print-directory licenses

# docs/licenses.md, after a lock file has changed.
licenses:
	@$(INSTALL) test
	$(PYTHON_HERE) -m docs.licenses
