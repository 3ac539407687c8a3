SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

# ./... skips folders named testdata, and one of ours is a package.
PACKAGES := ./... ./testdata
# Which benchmarks run, and how long the soak and each fuzz target do.
BENCH ?= .
SOAK ?= 3m
FUZZTIME ?= 20s

.PHONY: run build test cache-tests soak bench replay fuzz lint fmt

run: ## in front of the real API, with the settings of the environment
	go run ./cmd/perigee

build: ## one static binary, bin/perigee
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/perigee ./cmd/perigee

test: ## everything, with the race detector, which needs cgo; installs what is missing
	@.ci/install
	CGO_ENABLED=1 go test -race $(PACKAGES)

cache-tests: ## the public suite for HTTP caches, against the binary; needs Node.js and npm
	.ci/cache-tests

soak: ## everything at once, in both profiles, with the race detector
	CGO_ENABLED=1 PERIGEE_SOAK=$(SOAK) go test -race -count=1 -timeout=0 -v -run='^TestSoak$$' ./cmd/perigee/soak

bench:
	go test -run='^$$' -bench='$(BENCH)' -benchmem $(PACKAGES)

replay: ## a day of known clients, with and without each mechanism
	PERIGEE_REPLAY_HOURS=24 go test -count=1 -run='^TestReplay$$' -v ./proxy

fuzz: ## every fuzz target there is, one after the other
	@FUZZTIME=$(FUZZTIME) .ci/fuzz $(PACKAGES)

lint:
	@unformatted=$$(gofmt -l .); \
	if [[ -n $$unformatted ]]; then echo "not formatted, which make fmt mends:"; echo "$$unformatted"; exit 1; fi
	go vet $(PACKAGES)
	go tool staticcheck $(PACKAGES)

fmt:
	gofmt -w .
