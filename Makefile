# SPDX-License-Identifier: AGPL-3.0-or-later
# Each line does all of its own set-up. ARGS="…" is handed on: make run ARGS="--port 9000"
# A set-up step becomes the command it prepares for (exec), so that Ctrl-C reaches it directly.

.PHONY: help run test test-lab lint bench bench-lab image test-image test-image-long bench-image reproduce test-trixie trixie-versions lock clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

run: ## A whole box on this machine; open the address it prints
	@exec .setup/prepare run .venv/bin/hearth run $(ARGS)

test: ## All tests but the card's: unit, browser, end to end, both databases; as root the lab
	@exec .setup/prepare test .venv/bin/python -m tests $(ARGS)

test-lab: ## Boxes in homes behind real routers, in network namespaces, as root
	@exec .setup/prepare test .venv/bin/python -m pytest --numprocesses=4 --dist=loadgroup tests/lab $(ARGS)

lint: ## Style, types, and whether README and `hearth --help` agree
	@exec .setup/prepare test .venv/bin/python -m pytest -q tests/test_lint.py tests/test_readme.py $(ARGS)

bench: ## Measure; prints a table and writes bench.json
	@exec .setup/prepare bench .venv/bin/python -m tests.bench $(ARGS)

bench-lab: ## How long a box is out of reach after what happens to homes and routers, as root
	@exec .setup/prepare test .venv/bin/python -m tests.lab.bench $(ARGS)

image: ## A card image, as root: BOARD=raspberry-pi-3 BASE=debian, or BOARD=qemu
	@exec .setup/prepare image .venv/bin/python -m image build $(or $(BOARD),qemu) $(addprefix --base ,$(BASE))

test-image: ## The image in an emulator, as root; slow without KVM
	@.setup/prepare image .venv/bin/python -m image build qemu --card-only
	@.setup/prepare image .venv/bin/python -m image build raspberry-pi-3 --base debian --card-only
	@exec .setup/prepare image .venv/bin/python -m pytest tests/image --image -rP --durations=0 -m "not long" $(ARGS)

test-image-long: ## The same, with more power cuts and every fault
	@.setup/prepare image .venv/bin/python -m image build qemu --card-only
	@.setup/prepare image .venv/bin/python -m image build raspberry-pi-3 --base debian --card-only
	@exec .setup/prepare image .venv/bin/python -m pytest tests/image --image -rP --durations=0 $(ARGS)

reproduce: ## Build twice and compare, as root: BOARD=qemu
	@exec .setup/prepare image .venv/bin/python -m image reproduce $(or $(BOARD),qemu) $(addprefix --base ,$(BASE))

bench-image: ## What the booted box costs, beside a bare Debian, as root; half an hour
	@.setup/prepare image .venv/bin/python -m image build qemu --card-only
	@exec .setup/prepare image .venv/bin/python -m tests.image.bench $(ARGS)

test-trixie: ## Unit tests on Debian trixie's own Python and packages alone
	@exec .setup/prepare trixie .setup/trixie test $(ARGS)

trixie-versions: ## Write down which versions Debian trixie has now
	@exec .setup/prepare trixie .setup/trixie versions

lock: ## Lock the Python packages anew; ARGS=--upgrade takes newer ones
	@exec .setup/lock $(ARGS)

clean: ## Remove what was made here, except the boxes' state in var/
	@.setup/trixie remove
	@rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis
