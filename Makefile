# Everything happens in .venv, which any of these sets up on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
FOOTAGE ?= assets/demo
# Blender as a module, for Python 3.11; 0.4 GB to fetch and 0.8 GB on disk each
BLENDERS ?= 4.5 5.0
# Blender with an interface
BLENDER ?= blender

.PHONY: help demo test test-slow test-melt test-blender blender-interface lint bench bench-quality bench-generate soak screenshots clean

help:            ## this list
	@sed -n 's/^\([a-z-]*\):.*##/\1 —/p' Makefile

demo: $(READY)   ## remove an object from the bundled shot, results in lumiere-demo/
	$(BIN)/lumiere demo --out lumiere-demo

test: $(READY)   ## the tests, up to twenty minutes on two cores
	$(BIN)/python -m pytest -m "not slow and not gpu"

test-slow: $(READY)  ## those that take minutes each, or that a clock decides
	$(BIN)/python -m pytest -m slow

test-melt: $(READY)  ## what melt renders of a timeline before and after; needs melt, on Debian `apt install melt`
	LUMIERE_NEEDS_MELT=1 $(BIN)/python -m pytest tests/integration/test_melt.py

test-blender: $(addprefix .venv-blender-,$(addsuffix /ready,$(BLENDERS)))  ## the Blender add-on in real Blenders, each in an environment of its own
	for version in $(BLENDERS); do .venv-blender-$$version/bin/python tests/blender || exit 1; done

lint: $(READY)   ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)  ## speed of every stage, printed
	$(BIN)/python bench/speed.py
	$(BIN)/python bench/timelines.py

bench-quality: $(READY)  ## quality against simple methods, FOOTAGE=DIR or the bundled film; results in lumiere-bench/
	$(BIN)/lumiere bench quality --footage $(FOOTAGE) --out lumiere-bench

bench-generate: $(READY)  ## the claims about generating, trained and proven in the small; three hours, results in lumiere-bench/
	$(BIN)/python bench/inflation.py --clips 18
	$(BIN)/python bench/styling.py
	$(BIN)/python bench/enlarging.py

soak: $(READY)   ## 200 jobs and 100 sudden deaths of worker and engine, some minutes
	$(BIN)/python bench/soak.py

screenshots: $(READY)  ## pictures of the panel for docs/panel.md, under Xvfb
	xvfb-run -a -s "-screen 0 1920x1200x24" $(BIN)/python tests/ui/screenshots.py

blender-interface:  ## a picture of the add-on's menu in Blender's own interface, in lumiere-blender.png; wants Xvfb and BLENDER
	LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -a -s "-screen 0 1280x800x24" $(BLENDER) --window-geometry 0 0 1280 800 \
		--factory-startup --python tests/blender/interface.py -- lumiere-blender.png

clean:           ## forget the environment and all results
	rm -rf $(VENV) lumiere-demo lumiere-bench

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Lumiere needs Python 3.11 or newer; name one with: make PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	  { echo 'Python lacks venv; as root: apt-get install python3-venv'; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $(READY)

.venv-blender-%/ready:
	$(PYTHON) -m venv .venv-blender-$*
	.venv-blender-$*/bin/python -m pip install --quiet --disable-pip-version-check 'bpy==$*.*' pytest
	touch $@
