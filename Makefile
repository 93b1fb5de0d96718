.DEFAULT_GOAL := help
.PHONY: help sdk browser run test report approve-api bench bench-quick fuzz fuzz-mutations lint pack clean

# $(call build,project [options]): silent unless it fails; quiet verbosity alone still prints a summary.
build = @log=$$(dotnet build -c Release -m:2 -v q --nologo $(1) 2>&1) || { printf '%s\n' "$$log"; exit 1; }

SECONDS  = 60
RESULTS  = artifacts/test-results
PACKAGES = artifacts/packages
TRACE    = traces/redis-server.rmt.gz
PAGE     = artifacts/report.html

export DOTNET_NOLOGO = 1
export DOTNET_CLI_TELEMETRY_OPTOUT = 1

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '%-16s%s\n' "$$name" "$$text"; done

sdk:
	$(if $(shell command -v dotnet),@:,$(error dotnet not found; install the .NET SDK 10: https://dotnet.microsoft.com/download))

# Reports are looked at in a browser by the tests.
browser:
	$(if $(and $(shell command -v chromium),$(shell command -v chromedriver)),@:,$(error chromium not found; install Debian's chromium and chromium-driver: apt-get install chromium chromium-driver))

run: sdk ## replay the recorded heaps in traces/ through malloc and states over malloc and arena, two also on their threads
	$(call build,RmState.Tool)
	dotnet run -c Release --no-build --project RmState.Tool -- replay traces/*.rmt.gz
	dotnet run -c Release --no-build --project RmState.Tool -- replay --threads --rounds 1 traces/ffmpeg-transcode.rmt.gz traces/redis-server.rmt.gz

test: sdk browser ## build everything and run the tests (trx in artifacts/test-results)
	@rm -rf $(RESULTS)
	$(call build,RmState.sln)
	dotnet test RmState.sln -c Release --no-build -m:2 --nologo --results-directory $(RESULTS) --logger "trx;LogFilePrefix=tests"

report: sdk ## make a page with charts of a recorded heap (TRACE=traces/redis-server.rmt.gz, PAGE=artifacts/report.html)
	$(call build,RmState.Tool)
	dotnet run -c Release --no-build --project RmState.Tool -- report $(TRACE) -o $(PAGE)

approve-api: sdk ## accept the present public surface as the approved one
	RMSTATE_APPROVE_API=1 dotnet test RmState.Tests -c Release --nologo --filter "FullyQualifiedName~PublicApiTests"

bench: sdk ## measure against the peers, every row (artifacts/bench/ratios.tsv)
	$(call build,RmState.Tool)
	dotnet run -c Release --no-build --project RmState.Tool -- bench

bench-quick: sdk ## the same with fewer rounds
	$(call build,RmState.Tool)
	dotnet run -c Release --no-build --project RmState.Tool -- bench --quick

fuzz: sdk ## run the property campaigns (SECONDS=60)
	$(call build,RmState.Fuzz)
	dotnet run -c Release --no-build --project RmState.Fuzz -- run --seconds $(SECONDS)

fuzz-mutations: sdk ## plant known bugs, prove that the campaigns find each
	$(call build,RmState.Fuzz -p:RmMutations=true)
	dotnet run -c Release --no-build -p:RmMutations=true --project RmState.Fuzz -- mutations

lint: sdk ## formatting, analyzers and a build without warnings
	$(call build,RmState.sln -warnaserror)
	dotnet format RmState.sln --verify-no-changes --no-restore

pack: sdk ## build the package and check what is in it (artifacts/packages)
	@rm -rf $(PACKAGES)
	dotnet pack RmState -c Release -m:2 -v q --nologo -o $(PACKAGES)
	@set -e; \
	package=$$(ls $(PACKAGES)/RmState.*.nupkg); \
	for entry in README.md LICENSE lib/net10.0/RmState.dll lib/net10.0/RmState.xml; do \
	    unzip -l "$$package" | grep -q " $$entry$$" || { echo "$$package lacks $$entry" >&2; exit 1; }; \
	done; \
	unzip -p "$$package" RmState.nuspec | grep -q '<license type="expression">MIT</license>' || { echo "$$package lacks its licence expression" >&2; exit 1; }; \
	unzip -l "$${package%.nupkg}.snupkg" | grep -q ' lib/net10.0/RmState.pdb$$' || { echo "the symbol package lacks lib/net10.0/RmState.pdb" >&2; exit 1; }; \
	echo "$$package is complete"

clean: ## remove everything that was built
	rm -rf artifacts
