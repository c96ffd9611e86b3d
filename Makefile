# What is built goes to bin/, what tests install to node_modules folders.

GO     ?= go
BIN    := bin/civic-realtime
RACE   := ./codec/lib0 ./codec/jsontext ./codec/yjs ./codec/websocket ./codec/protocol ./codec/snapshot \
	./engine ./engine/awareness ./engine/cluster ./engine/cluster/nodestore ./engine/cluster/roomstate ./engine/events \
	./engine/groupcommit ./engine/logsample ./engine/outbound ./engine/piececache \
	./engine/recordsync ./engine/roomkey ./engine/roomlock ./engine/schedule ./engine/stored ./engine/ydoc/... \
	./persist/... ./transport/... ./cmd/civic-realtime/app/audit ./cmd/civic-realtime/app/metricset ./cmd/civic-realtime/app/sockets \
	./cmd/civic-realtime/app/peers ./cmd/civic-realtime/app/sandbox ./cmd/civic-realtime/app/systemd ./cmd/civic-realtime/app/takeover
E2E    := cmd/civic-realtime/e2e
EDITOR := cmd/civic-realtime/e2e/editor
RECIPES := cmd/civic-realtime/e2e/recipes
IMPORTS := cmd/civic-realtime/e2e/imports
CONSOLE := cmd/civic-realtime/e2e/console
KUBE   := cmd/civic-realtime/e2e/kubernetes
MARK   := codec/markdown/reference
CONTAINER := cmd/release/container
STAMP  := node_modules/.package-lock.json

.PHONY: audit release licenses help run build test lint bench bench-go bench-document bench-wire bench-cluster fuzz soak chaos chaos-race clean check-go check-race check-node check-chromium check-proxies check-redis playground pictures deb check-debian

help:
	@echo 'make run               build and serve on 127.0.0.1:3001, for development (ARGS="..." adds flags)'
	@echo 'make build             build $(BIN)'
	@echo 'make lint              gofmt and go vet, for 64-bit and 32-bit systems'
	@echo 'make test              install what the tests need, check and test everything'
	@echo 'make bench             all benchmarks; bench-go, bench-document, bench-wire and bench-cluster are its parts'
	@echo 'make fuzz FUZZ_TIME=1h compare the document with real Yjs for that long'
	@echo 'make soak              24 takeovers, drains and restarts under load'
	@echo 'make chaos             several nodes whose parts fail: each case 20 times, then at random for CHAOS_TIME=1h'
	@echo 'make chaos-race        three of the cases with the race detector in the nodes'
	@echo 'make deb               Debian packages, into bin/release'
	@echo 'make release           archives for all systems, checksums and the list of their contents, into bin/release'
	@echo 'make licenses          list the code that is built into the program, with its licences, for civic-realtime licenses'
	@echo 'make audit             known vulnerabilities in code of others, where their data can be had'
	@echo 'make playground        make the script of the playground anew from its source'
	@echo 'make pictures          the pictures in README.md anew, of the running program'
	@echo 'make clean             remove what was built and installed, but no data'

run: build
	$(BIN) serve --dev $(ARGS)

build: check-go
	$(GO) build -trimpath -o $(BIN) ./cmd/civic-realtime

# Twice: what must not allocate can only be shown without the race detector.
test: lint check-race check-chromium check-proxies check-redis $(E2E)/$(STAMP) $(EDITOR)/$(STAMP) $(RECIPES)/$(STAMP) $(IMPORTS)/$(STAMP) fuzz/$(STAMP) $(MARK)/$(STAMP) $(CONTAINER)/$(STAMP) $(CONSOLE)/$(STAMP) check-debian $(KUBE)/$(STAMP)
	$(GO) test -timeout 40m ./...
	$(GO) test -race -timeout 20m $(RACE)
	$(GO) test -race -timeout 20m -run TestParseConcurrently ./codec/markdown
	$(GO) test -run '^$$' -bench . -benchtime 1x ./bench

lint: check-go
	@bad=$$(find . -name '*.go' -not -path '*/node_modules/*' -exec gofmt -l {} +); \
	if [ -n "$$bad" ]; then echo "gofmt would change:" $$bad >&2; exit 1; fi
	$(GO) vet ./...
	GOARCH=386 $(GO) vet ./...
	GOARCH=arm $(GO) vet ./...

bench: bench-go bench-document bench-wire bench-cluster

bench-go: check-go
	$(GO) test -run '^$$' -bench . -benchmem ./...

bench-document: check-go bench/$(STAMP)
	$(GO) run ./bench/document

# ARGS="-for 20s -rows hot,idle" and the like; bin/bench-wire -h says what there is.
bench-wire: build check-chromium bench/wire/$(STAMP) $(CONSOLE)/$(STAMP)
	$(GO) build -trimpath -o bin/bench-wire ./bench/wire
	bin/bench-wire -binary $(BIN) $(ARGS)

# BASE names a commit without several nodes, which is built and compared with; ARGS="-for 20s -rows thousand,drain" and the like.
bench-cluster: build check-redis
	@if [ -n "$(BASE)" ]; then \
		rm -rf bin/base && git worktree prune && git worktree add --detach bin/base $(BASE) && \
		(cd bin/base && $(GO) build -trimpath -o ../civic-realtime-base ./cmd/civic-realtime); \
		git worktree remove --force bin/base; fi
	$(GO) build -trimpath -o bin/bench-cluster ./bench/cluster
	bin/bench-cluster -binary $(BIN) $(if $(BASE),-base bin/civic-realtime-base) $(ARGS)

# Each of the three campaigns runs for FUZZ_TIME, a Go duration, from seed FUZZ_SEED on.
FUZZ_TIME ?= 1m
fuzz: check-go fuzz/$(STAMP)
	FUZZ_TIME=$(FUZZ_TIME) $(GO) test -count 1 -timeout 0 -v -run 'TestDifferential|TestOrigins|TestPoison' ./fuzz
	FUZZ_SHAPES=1000 $(GO) test -count 1 -timeout 0 -v -run 'TestShapes|TestSteps' ./fuzz

soak: check-chromium $(E2E)/$(STAMP) $(EDITOR)/$(STAMP)
	E2E_LONG=1 $(GO) test -count 1 -timeout 60m -v -run '^(TestTakeovers|TestTakeoversOverTLS|TestDrains|TestSocketOfSystemd|TestTakeoverOfManyRooms)$$' ./$(E2E)

# CHAOS_SEED=n begins with a seed that a failure has printed.
CHAOS_TIME ?= 1h
chaos: check-redis $(E2E)/$(STAMP)
	CHAOS_ROUNDS=20 $(GO) test -count 1 -timeout 0 -v -run '^(TestCases|TestUpgrade)$$' ./$(E2E)/cluster
	CHAOS_TIME=$(CHAOS_TIME) $(GO) test -count 1 -timeout 0 -v -run '^TestChaos$$' ./$(E2E)/cluster

chaos-race: check-race check-redis $(E2E)/$(STAMP)
	CLUSTER_RACE=1 $(GO) test -count 1 -timeout 30m -v -run '^TestCases$$/^(1|2|3)-' ./$(E2E)/cluster

# The script of the playground is kept in the repository, so that Go alone builds it.
playground: $(EDITOR)/$(STAMP)
	cd $(EDITOR) && node playground.mjs ../../../../transport/playground

# The same commit and the same Go give the same bytes. ARGS="--only linux/amd64" makes a part.
RELEASE := bin/release
release: check-go
	rm -rf $(RELEASE)
	$(GO) run ./cmd/release archives --out $(RELEASE) $(ARGS)
	$(GO) run ./cmd/release deb --out $(RELEASE) $(ARGS)
	$(GO) run ./cmd/release sums $(RELEASE)

# The Debian packages alone.
deb: check-go
	$(GO) run ./cmd/release deb --out $(RELEASE) $(ARGS)

# The list is kept in the repository. A test fails when it does not fit the build.
licenses: check-go
	$(GO) run ./cmd/release licenses

# Data that cannot be had is said, and is no failure.
audit: check-go check-node
	$(GO) run ./cmd/release audit

# The pictures in README.md are kept in the repository.
pictures: build check-chromium $(E2E)/$(STAMP) $(CONSOLE)/$(STAMP)
	cd $(CONSOLE) && node pictures.mjs ../../../../$(BIN) ../../../../docs/pictures

clean:
	rm -rf bin $(E2E)/node_modules $(EDITOR)/node_modules $(RECIPES)/node_modules $(IMPORTS)/node_modules $(MARK)/node_modules $(CONTAINER)/node_modules fuzz/node_modules bench/node_modules bench/wire/node_modules $(CONSOLE)/node_modules $(KUBE)/node_modules

%/$(STAMP): %/package-lock.json | check-node
	cd $* && npm ci --no-audit --no-fund
	@touch $@

check-go:
	@command -v $(GO) >/dev/null || { echo 'Go 1.26 or later is missing: https://go.dev/dl' >&2; exit 1; }
	@$(GO) list -m >/dev/null || { echo 'Go 1.26 or later is needed, this is' "$$($(GO) version)" >&2; exit 1; }

check-race: check-go
	@[ "$$($(GO) env CGO_ENABLED)" = 1 ] || { echo 'the race detector needs a C compiler, such as gcc, and CGO_ENABLED=1' >&2; exit 1; }

check-node:
	@command -v node >/dev/null && command -v npm >/dev/null || { echo 'Node 20 or later, with npm, is missing: https://nodejs.org' >&2; exit 1; }
	@[ "$$(node -p 'parseInt(process.versions.node)')" -ge 20 ] || { echo 'Node 20 or later is needed, this is' "$$(node --version)" >&2; exit 1; }

# CHROMIUM may name another browser of the family. Without the right to install one it is left to who has it.
CHROMIUMS = $(CHROMIUM) chromium chromium-browser google-chrome
check-chromium:
	@for name in $(CHROMIUMS); do command -v "$$name" >/dev/null && exit 0; done; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
		echo 'Chromium is missing: apt-get install --no-install-recommends chromium, or set CHROMIUM to the path of one' >&2; exit 1; fi; \
	apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium

# The examples in docs/operations are tested with the programs that they are for.
check-proxies:
	@missing=; for name in nginx caddy openssl; do command -v $$name >/dev/null || missing="$$missing $$name"; done; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
		echo "missing:$$missing (apt-get install --no-install-recommends$$missing)" >&2; exit 1; fi; \
	apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing

# Tests start their own servers, on free ports. Debian's packages would start one of the system's:
# policy-rc.d keeps it from that while they are installed, unless the system has a policy of its own.
POLICY = /usr/sbin/policy-rc.d
check-redis:
	@missing=; for name in redis-server redis-sentinel; do command -v $$name >/dev/null || missing="$$missing $$name"; done; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
		echo "missing:$$missing (apt-get install --no-install-recommends$$missing)" >&2; exit 1; fi; \
	if [ ! -e $(POLICY) ]; then printf '#!/bin/sh\nexit 101\n' >$(POLICY); chmod +x $(POLICY); trap 'rm -f $(POLICY)' EXIT; fi; \
	apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing

# The Debian package is installed into a Debian of its own, which only root can do.
check-debian:
	@[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || exit 0; \
	missing=; for name in debootstrap lintian; do command -v $$name >/dev/null || missing="$$missing $$name"; done; \
	[ -z "$$missing" ] && exit 0; \
	apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing
