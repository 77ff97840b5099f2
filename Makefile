# One target for each thing a person does here. `make help` lists them; every
# target calls plain go or one script of .ci/.

GO ?= go
BASE ?= main
BENCHSTAT := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
GOLANGCI := $(shell sed -n '1s/^\# golangci-lint \(v[0-9.]*\).*/\1/p' .golangci.yml)
# A clone that git will not read (another user's, say) is built without the
# commit in its version; go build would stop there.
VCS := $(shell git rev-parse --verify --quiet HEAD >/dev/null 2>&1 && echo -buildvcs=auto || echo -buildvcs=false)

.DEFAULT_GOAL := help
.PHONY: help run demo build test race lint fuzz cover size bench microbench microbench-compare rivals clients load check hooks acceptance

help: ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-18s %s\n' "$$name" "$$text"; done

run: ## serve with the built-in defaults: viewers on 127.0.0.1:8080, control on 127.0.0.1:9090
	$(GO) run ./server

demo: ## build, serve, and put a live audience on it for a minute (DEMO_VIEWERS, DEMO_SECONDS)
	@GO='$(GO)' .ci/demo

build: ## build the server and the load harness into bin/
	CGO_ENABLED=0 $(GO) build -trimpath $(VCS) -o bin/server ./server
	CGO_ENABLED=0 $(GO) build -trimpath $(VCS) -o bin/bench ./bench

test: ## every test, race detector on; installs what the tests need first
	.ci/needs
	$(GO) vet ./...
	$(GO) test -race -shuffle=on -timeout 10m ./...

race: ## every test under the race detector, uncached, without vet
	.ci/needs
	$(GO) test -race -shuffle=on -count=1 -timeout 10m ./...

lint: ## golangci-lint, at the version on line 1 of .golangci.yml (built on first use)
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI) run ./...

fuzz: ## every fuzz target for FUZZTIME each (default 10s)
	GO='$(GO)' .ci/fuzz

cover: ## statement coverage per package; bin/cover.html shows the lines
	.ci/needs
	@mkdir -p bin
	$(GO) test -coverprofile=bin/cover.out ./...
	@$(GO) tool cover -html=bin/cover.out -o bin/cover.html
	@$(GO) tool cover -func=bin/cover.out | tail -n 1

size: ## lines, comments and tests per folder
	@.ci/size

bench: build rivals ## every figure that README.md quotes, ours and others', into bench/results and README.md: 20 minutes on two quiet cores
	@GO='$(GO)' .ci/bench

rivals: ## the servers that bench compares ours with, at exact versions, into bin/rivals
	@GO='$(GO)' .ci/rivals

microbench: ## the Go benchmarks, six runs each, into bin/micro.txt
	@mkdir -p bin
	$(GO) test -run '^$$' -bench . -benchmem -count 6 ./... | tee bin/micro.txt

acceptance: build ## the figures of bench/results, against the limit, threads and socket.io on Node; 2 hours on a quiet machine
	.ci/needs
	node .ci/acceptance.mjs
	node .ci/acceptance_ways.mjs
	node .ci/acceptance_socketio.mjs

microbench-compare: ## the Go benchmarks here against those of BASE (default main)
	GO='$(GO)' BASE='$(BASE)' BENCHSTAT='$(BENCHSTAT)' .ci/microbench-compare

clients: ## only the tests that drive the server with stock clients
	.ci/needs
	$(GO) test -count=1 -v -run '^TestClient' ./server

load: ## a short soak: LOAD_VIEWERS (default 5000) viewers, then memory, goroutines and descriptors are checked
	@GO='$(GO)' .ci/load

check: build lint test fuzz ## everything a change has to pass

hooks: ## install a pre-push hook that runs make check
	@.ci/hooks
