# Every target does its own set-up. What is missing on the machine is named, with the command that installs it.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench setup

help:
	@echo 'make demo    two real clusters on this machine, real data, a whole migration'
	@echo 'make test    every test, against real servers'
	@echo 'make check   types, lint, format, layers, unused code: seconds'
	@echo 'make bench   speed and memory, as ratios against peers measured in the same run'

demo: setup
	@npm run --silent demo

test: setup
	@npm run --silent test

check: setup
	@npm run --silent check

bench: setup
	@npm run --silent bench

setup:
	@sh tools/setup.sh
