# Every target does its own set-up. What is missing on the machine is named, with the command that installs it.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench drill fuzz matrix setup

help:
	@echo 'make demo    two real clusters on this machine, real data, a whole migration'
	@echo 'make test    every test, against real servers'
	@echo 'make check   types, lint, format, layers, unused code: seconds'
	@echo 'make bench   speed and memory, as ratios against peers measured in the same run'
	@echo 'make drill   faults of every kind on real clusters under load; what was lost, duplicated or wrong afterwards'
	@echo 'make matrix  every source version read, every target version written; writes the record of docs/compatibility.md'
	@echo 'make fuzz    damaged answers, by the million, to what reads them; requests of every kind to the server'

demo: setup
	@npm run --silent demo

test: setup
	@sh tools/setup-tests.sh
	@npm run --silent test

check: setup
	@npm run --silent check

bench: setup
	@npm run --silent bench

drill: setup
	@node_modules/.bin/node bench/drill.ts

matrix: setup
	@node_modules/.bin/node test/matrix/main.ts
	@npm run --silent reference

fuzz: setup
	@node_modules/.bin/node bench/fuzz.ts
	@node_modules/.bin/node bench/fuzz-api.ts

setup:
	@sh tools/setup.sh
