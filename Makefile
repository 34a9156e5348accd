# Agent Portal. `make` alone prints this help.
SHELL := /bin/bash
.DEFAULT_GOAL := help
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
ARGS ?=

.PHONY: help run build need-go web test test-go test-web test-e2e lint licenses audit fuzz types chaos bench-socketio bench-web dev clean

help: ## print this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build everything and start the demo: two tenants, simulated customers, nothing to install
	@./bin/agentportal demo $(ARGS)

build: need-go web ## leave bin/agentportal (the page inside) and bin/ioserver
	@mkdir -p bin
	go build -trimpath -o bin/agentportal ./cmd/agentportal
	go build -trimpath -o bin/ioserver ./cmd/ioserver

need-go:
	@scripts/need.sh go

web: web/app/dist/index.html

web/node_modules/.package-lock.json: web/package-lock.json
	@scripts/need.sh node
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/app/dist/index.html: web/node_modules/.package-lock.json $(shell git ls-files -co --exclude-standard web/app 2>/dev/null | grep -v '^web/app/dist/')
	cd web && npm run build

test: lint test-go test-web test-e2e ## everything: Go with -race, types, lint, Vitest, Chromium, against real RabbitMQ and PostgreSQL
	@echo "all green"

test-go: ## Go tests with the race detector
	@scripts/need.sh services power interop
	go test -race -timeout 10m ./...
	go test ./engineio # which makes other system calls without the detector
	BRIDGE_SCHEDULES=30 go test -count=1 -run TestSimulation ./internal/bridge # many more schedules than with it

web/types/node_modules/.package-lock.json: web/types/package-lock.json
	cd web/types && npm ci --no-audit --no-fund
	@touch $@

test-web: web/node_modules/.package-lock.json web/types/node_modules/.package-lock.json ## TypeScript types, Vitest, both documents
	cd web && npm run typecheck && npm test
	cd web/types && npm run check

e2e/node_modules/.package-lock.json: e2e/package-lock.json
	cd e2e && npm ci --no-audit --no-fund
	@touch $@

test-e2e: build e2e/node_modules/.package-lock.json ## the built binary with the official client, a real broker and a real browser
	@scripts/need.sh services faults chromium
	cd e2e && npm run typecheck && npm test

lint: web/node_modules/.package-lock.json ## gofmt, vet, staticcheck, eslint
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	cd web && npm run lint
	@node scripts/licenses.mjs --check

types: web/types/node_modules/.package-lock.json ## make the documents and the page's types anew
	go test ./internal/rest -run GoldenDocuments -update
	cd web/types && npm run generate

licenses: ## write docs/LICENSES.md: what the binary is made of, and under which licence
	@node scripts/licenses.mjs

audit: ## known weaknesses in what we depend on, where the databases can be reached
	@scripts/audit.sh

fuzz: ## every fuzz target for 20 s each
	@scripts/fuzz.sh 20s

chaos: build e2e/node_modules/.package-lock.json ## 20 clients, 100 messages a second; server and broker killed, network cut, half-open, silent (CHAOS=10: a tenth)
	@scripts/need.sh services chromium
	cd e2e && npx vitest run --config vitest.chaos.config.ts && CHAOS_KILLS=10 npx vitest run tests/pages.test.ts && \
		KILLS="SQLite, RabbitMQ" npx vitest run tests/kills.test.ts

bench-socketio: ## measure the Socket.IO server against its peers; writes bench/socketio/RESULTS.md
	bench/socketio/run.sh

bench-web: build e2e/node_modules/.package-lock.json ## measure the page in Chromium; writes bench/web/RESULTS.md
	@scripts/need.sh services chromium
	cd e2e && npx vitest run --config vitest.bench.config.ts

dev: web/node_modules/.package-lock.json ## the page with hot reload, against a portal on :8080
	cd web && npm run dev

clean: ## remove what was built
	rm -rf bin web/node_modules web/types/node_modules e2e/node_modules interop/node_modules artifacts
	find web/app/dist -mindepth 1 ! -name .gitkeep -delete
