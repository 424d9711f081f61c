# pinsight: plain GNU make, everything made lies in build/. `make help` lists the targets.

V ?= 0
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
VARIANT ?= release
FUZZ_SECONDS ?= 60
SOAK_MINUTES ?= 30
FUZZ_TARGETS ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

ifeq ($(origin CC),default)
CC := gcc
endif

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-5s %s\n' '$(1)' '$(2)')
BUILD := build/$(VARIANT)
PROGRAM := $(if $(filter release,$(VARIANT)),build/pinsight,$(BUILD)/pinsight)

# --- Sources -------------------------------------------------------------------------------------

SOURCES := $(wildcard src/*.c src/*/*.c)
HEADERS := $(wildcard src/*.h src/*/*.h)
RULES := $(sort $(wildcard rules/*.yaml))
TEST_SOURCES := $(wildcard tests/lib/*.c tests/unit/*.c tests/fuzz/*.c tests/bench/*.c)
TEST_HEADERS := $(wildcard tests/*/*.h)

OBJECTS := $(SOURCES:src/%.c=$(BUILD)/obj/%.o)
# The rules become a source as soon as there is a header that says how.
GENERATED := $(if $(wildcard src/config/builtin.h),$(BUILD)/gen/builtin_rules.o)
MAIN := $(filter $(BUILD)/obj/main.o,$(OBJECTS))
ARCHIVE := $(BUILD)/libpinsight.a
TEST_ARCHIVE := $(BUILD)/libtest.a
TEST_LIB := $(filter-out tests/lib/fuzz_driver.c,$(wildcard tests/lib/*.c))

UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_SCRIPTS := $(wildcard tests/unit/*.t)
SEEDS := $(patsubst tests/fuzz/%.c,$(BUILD)/seeds/%,$(wildcard tests/fuzz/fuzz_*.c))
GOLDEN := $(wildcard tests/golden/run.t)
SCRIPTS := $(wildcard tests/*.t tests/live/*.t)
THREADS := $(BUILD)/unit/test_queue $(BUILD)/unit/test_merge tests/workers.t tests/reload.t \
	$(wildcard tests/live/*.t)
BENCH := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/bench_*.c))
LOAD_TOOLS := $(patsubst %,$(BUILD)/bench/%,load permute empty_loop meter)
FUZZ := $(FUZZ_TARGETS:%=$(BUILD)/fuzz/fuzz_%)

# --- Flags ---------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wvla -Wstrict-prototypes -Wmissing-prototypes \
	-Wcast-qual -Wformat=2 -Wswitch-enum
ifneq ($(filter true 1,$(CI) $(WERROR)),)
WARNINGS += -Werror
endif

optimised = $(filter -O -O1 -O2 -O3 -Os -Og -Ofast,$(CFLAGS))
HARDENED_LINK := -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack

ifeq ($(VARIANT),release)
CFLAGS ?= -O2 -g
FLAGS = -fPIE -fstack-protector-strong $(if $(optimised),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
LINK := -pie $(HARDENED_LINK)
else ifeq ($(VARIANT),debug)
CFLAGS ?= -O0 -g
FLAGS := -DPINSIGHT_CHECKS
else ifeq ($(VARIANT),sanitize)
CFLAGS ?= -O1 -g
FLAGS := -DPINSIGHT_CHECKS -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
LINK := -fsanitize=address,undefined
else ifeq ($(VARIANT),tsan)
CFLAGS ?= -O1 -g
FLAGS := -DPINSIGHT_CHECKS -fsanitize=thread -fno-omit-frame-pointer
LINK := -fsanitize=thread
else ifeq ($(VARIANT),coverage)
CFLAGS ?= -O0 -g
FLAGS := -DPINSIGHT_CHECKS -DPINSIGHT_COVERAGE --coverage
LINK := --coverage
else ifeq ($(VARIANT),fuzz)
CFLAGS ?= -O1 -g
FLAGS := -DPINSIGHT_CHECKS -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
LINK := -fsanitize=address,undefined
else
$(error VARIANT is one of release, debug, sanitize, tsan, coverage, fuzz; not "$(VARIANT)")
endif

# LIB_CFLAGS and LIBS come from build/libs.mk, below.
CPPFLAGS_ALL = -D_GNU_SOURCE -Isrc $(LIB_CFLAGS) $(CPPFLAGS)
COMPILE = $(CC) -std=c11 $(CPPFLAGS_ALL) $(WARNINGS) $(FLAGS) $(CFLAGS) -MMD -MP -c
# Fuzz targets and tests define functions that no header declares.
COMPILE_TEST = $(filter-out -Wmissing-prototypes,$(COMPILE)) -Itests/lib
LINKED = $(CC) $(FLAGS) $(CFLAGS) $(LINK) $(LDFLAGS) -Wl,--as-needed

# --- What the machine must have ------------------------------------------------------------------
# Make reads itself again after it made build/libs.mk, so a bare machine is fine.

ifneq ($(filter-out help clean format uninstall,$(or $(MAKECMDGOALS),all)),)
include build/libs.mk
endif

PACKAGES := libpcap libcap-ng libseccomp libndpi json-c yaml-0.1 libcrypto libssl libmicrohttpd \
	sqlite3 zlib libzstd

build/libs.mk: tests/lib/install-deps.sh Makefile
	@mkdir -p build
	@tests/lib/install-deps.sh build
	@cflags=$$(pkg-config --cflags $(PACKAGES)) && libs=$$(pkg-config --libs $(PACKAGES)) && \
	printf 'LIB_CFLAGS := $$(patsubst -I%%,-isystem %%,%s)\nLIBS := %s -lm\n' \
		"$$cflags" "$$libs" >$@

build/have-%: tests/lib/install-deps.sh
	@mkdir -p build
	@tests/lib/install-deps.sh $*
	@touch $@

# --- Build ---------------------------------------------------------------------------------------

.PHONY: all
all: $(if $(MAIN),$(PROGRAM),$(ARCHIVE)) ## build the program: build/pinsight

# Change when a flag or the list of sources does: then all is compiled, or the archive made, again.
$(BUILD)/flags: stamp = $(COMPILE) $(LINKED) $(LIBS)
$(BUILD)/sources: stamp = $(SOURCES) $(TEST_LIB)
$(BUILD)/flags $(BUILD)/sources: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(stamp)' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

.PHONY: FORCE
FORCE:

$(BUILD)/obj/%.o: src/%.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -o $@ $<

$(BUILD)/test-obj/%.o: tests/%.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE_TEST) -o $@ $<

# The folder itself is a prerequisite, so that a removed rule file counts as a change.
$(BUILD)/gen/builtin_rules.c: $(RULES) $(wildcard rules)
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	@{ printf '#include "config/builtin.h"\n'; \
	for rule in $(RULES); do \
		printf 'static const unsigned char %s[] = {\n' "$$(basename $$rule | tr -c 'a-z0-9\n' _)"; \
		od -An -v -tu1 $$rule | sed 's/[0-9][0-9]*/&,/g'; \
		printf '0};\n'; \
	done; \
	printf 'const struct builtin_rule builtin_rules[] = {\n'; \
	for rule in $(RULES); do \
		name=$$(basename $$rule); id=$$(echo $$name | tr -c 'a-z0-9\n' _); \
		printf '{"%s", (const char *)%s, sizeof(%s) - 1},\n' $$name $$id $$id; \
	done; \
	printf '{0}};\nconst size_t builtin_rules_count = %d;\n' $(words $(RULES)); } >$@

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	$(Q)$(COMPILE) -o $@ $<

$(ARCHIVE): $(filter-out $(MAIN),$(OBJECTS)) $(GENERATED) $(BUILD)/sources
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $(filter %.o,$^)

$(TEST_ARCHIVE): $(TEST_LIB:tests/%.c=$(BUILD)/test-obj/%.o) $(BUILD)/sources
	@rm -f $@
	$(Q)ar rcs $@ $(filter %.o,$^)

$(PROGRAM): $(MAIN) $(ARCHIVE)
	$(call say,LINK,$@)
	$(Q)$(LINKED) -o $@ $^ $(LIBS)

$(BUILD)/unit/%: $(BUILD)/test-obj/unit/%.o $(TEST_ARCHIVE) $(ARCHIVE)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINKED) -o $@ $^ $(LIBS)

$(BUILD)/seeds/%: $(BUILD)/test-obj/fuzz/%.o $(BUILD)/test-obj/lib/fuzz_driver.o $(TEST_ARCHIVE) $(ARCHIVE)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINKED) -o $@ $^ $(LIBS)

$(BUILD)/fuzz/%: $(BUILD)/test-obj/fuzz/%.o $(TEST_ARCHIVE) $(ARCHIVE)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINKED) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(BUILD)/bench/%: $(BUILD)/test-obj/bench/%.o $(TEST_ARCHIVE) $(ARCHIVE)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINKED) -o $@ $^ $(LIBS)

# --- Tests ---------------------------------------------------------------------------------------

PROVE = PERL5LIB=$(CURDIR)/tests/lib PINSIGHT=$(CURDIR)/$(PROGRAM) PINSIGHT_BUILD=$(BUILD) \
	prove --formatter TestCount --jobs 2 --failures --comments $(if $(filter 1,$(V)),--verbose)
run_tests = $(if $(strip $(1)),@$(PROVE) $(1),@echo 'there is no such test' >&2; exit 1)

READY := $(if $(MAIN),$(PROGRAM)) | build/have-check

.PHONY: check unit seeds golden golden-update
check: $(ARCHIVE) $(UNIT) $(SEEDS) $(READY) ## build and run every test; ends with "N passed, N failed"
	$(call run_tests,$(UNIT) $(UNIT_SCRIPTS) $(SEEDS) $(GOLDEN) $(SCRIPTS))

unit: $(UNIT) $(READY) ## the tests of single files
	$(call run_tests,$(UNIT) $(UNIT_SCRIPTS))

seeds: $(SEEDS) | build/have-check ## replay the seeds of every fuzz target
	$(call run_tests,$(SEEDS))

golden: $(READY) ## compare the output on whole captures with what is expected
	$(call run_tests,$(GOLDEN))

golden-update: $(READY) ## write what is expected anew; review the difference
	@PINSIGHT=$(CURDIR)/$(PROGRAM) tests/golden/run.t --update

# --- Variants ------------------------------------------------------------------------------------

.PHONY: debug sanitize tsan threads coverage fuzz run-fuzz
debug: ## build without optimisation and with checks: build/debug/pinsight
	@$(MAKE) --no-print-directory VARIANT=debug all

sanitize: ## build with address and undefined-behaviour sanitizers, run every test
	@$(MAKE) --no-print-directory VARIANT=sanitize check

threads: $(filter $(BUILD)/unit/%,$(THREADS)) $(READY) ## the tests of what runs in threads
	$(call run_tests,$(THREADS))

tsan: ## build with the thread sanitizer, run the tests of what runs in threads
	@$(MAKE) --no-print-directory VARIANT=tsan threads

coverage: ## run every test and print the line coverage of each file
	@find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	@$(MAKE) --no-print-directory VARIANT=coverage check
	@tests/lib/coverage.sh build/coverage/obj | tee build/coverage/summary.txt

fuzz: | build/have-fuzz ## fuzz each target FUZZ_SECONDS long; FUZZ_TARGETS="hello x509" selects
	@$(MAKE) --no-print-directory VARIANT=fuzz CC=clang run-fuzz

run-fuzz: $(FUZZ)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/lib/run-fuzz.sh $(BUILD) $(FUZZ_TARGETS)

.PHONY: bench demo captures rate lab soak story
bench: $(BENCH) $(LOAD_TOOLS) $(if $(MAIN),$(PROGRAM)) | build/have-bench ## measure time and memory; BENCH_ARGS=--quick
	@set -e; for bench in $(BENCH); do $$bench; done
	@python3 tests/bench/bench.py --tools $(BUILD)/bench --pinsight $(CURDIR)/$(PROGRAM) $(BENCH_ARGS)

demo: $(if $(MAIN),$(PROGRAM)) ## alerts from the bundled captures
	@tests/demo.sh $(PROGRAM)

STORY_SEEDS := 1 2 3 4 5 6 7 8 9 10
story: $(if $(MAIN),$(PROGRAM)) ## a week of 216 devices, STORY_SEEDS variants: what is planted is found
	@tests/story/run.sh $(PROGRAM) $(STORY_SEEDS)

lab: $(if $(MAIN),$(PROGRAM)) ## real clients, proxies and servers with pinsight on the wire: is it right? root; LAB="NAME..."
	@mkdir -p build/lab
	@tests/live/lab.sh -p $(PROGRAM) -o build/lab $(LAB)

captures: ## make the bundled captures anew in the same lab (root); LAB="NAME..." selects
	@tests/live/lab.sh $(LAB)

rate: $(BUILD)/bench/load $(if $(MAIN),$(PROGRAM)) ## the highest rate that live capture takes without a drop (root)
	@PINSIGHT=$(CURDIR)/$(PROGRAM) LOAD=$(CURDIR)/$< tests/live/rate.sh $(RATE_CAPTURES)

soak: $(PROGRAM) ## endurance, as root: SOAK_MINUTES (30) of reloads, killed receivers, a full disk
	@PINSIGHT=$(CURDIR)/$(PROGRAM) tests/live/soak.sh $(SOAK_MINUTES)


# --- Source checks -------------------------------------------------------------------------------

C_FILES := $(SOURCES) $(HEADERS) $(TEST_SOURCES) $(TEST_HEADERS)
SHELL_FILES := $(wildcard .ci/run contrib/debian/build.sh contrib/debian/p* tests/*.sh tests/*.t tests/*/*.sh tests/*/*.t)

.PHONY: lint layers tidy format
lint: layers | build/have-lint ## layers, formatting, clang-tidy, shellcheck
	@clang-format --dry-run -Werror $(C_FILES)
	@$(MAKE) --no-print-directory tidy
	@shellcheck $(SHELL_FILES)

layers: $(OBJECTS) ## who may include whom, sizes, what may not be called
	@tests/layers.sh $(BUILD)/obj

# One file a run: after the first, this analyser mistakes every va_list for an uninitialised one.
tidy: $(SOURCES:%=tidy-%) ## clang-tidy alone
	@echo "clang-tidy: no complaint"

.PHONY: $(SOURCES:%=tidy-%)
$(SOURCES:%=tidy-%): tidy-%: | build/have-lint
	@mkdir -p build/tidy
	@clang-tidy --quiet $* -- -std=c11 -DPINSIGHT_CHECKS $(CPPFLAGS_ALL) \
		>build/tidy/$(subst /,-,$*) 2>&1 || { cat build/tidy/$(subst /,-,$*) >&2; exit 1; }

format: ## write every C file in the house format
	@clang-format -i $(C_FILES)

# --- Install -------------------------------------------------------------------------------------

BINDIR := $(PREFIX)/bin
MANDIR := $(PREFIX)/share/man/man1
DATADIR := $(PREFIX)/share/pinsight
DOCDIR := $(PREFIX)/share/doc/pinsight
SYSTEMD := $(PREFIX)/lib/systemd/system
SYSUSERS := $(PREFIX)/lib/sysusers.d
TMPFILES := $(PREFIX)/lib/tmpfiles.d
DOCS := $(wildcard README.md LICENSE NOTICE docs/*.md docs/*.json)
UNITS := pinsight.service pinsight@.service
VERSION := $(shell sed -n 's/.*PINSIGHT_VERSION "\(.*\)"/\1/p' src/version.h)
# Where it is installed from contrib/systemd/, and as what; files that are there are left alone.
SETTINGS := pinsight.yaml:pinsight/pinsight.yaml pinsight.default:default/pinsight \
	pinsight.logrotate:logrotate.d/pinsight

.PHONY: install uninstall deb clean help
install: $(PROGRAM) ## install below PREFIX (default /usr/local), DESTDIR before it
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(MANDIR) $(DATADIR)/rules $(DOCDIR) \
		$(SYSTEMD) $(SYSUSERS) $(TMPFILES) $(addprefix $(SYSCONFDIR)/,pinsight default logrotate.d))
	install -m 755 $(PROGRAM) $(DESTDIR)$(BINDIR)/pinsight
	install -m 644 docs/pinsight.1 $(DESTDIR)$(MANDIR)/pinsight.1
	$(if $(RULES),install -m 644 $(RULES) $(DESTDIR)$(DATADIR)/rules/)
	install -m 644 $(DOCS) $(DESTDIR)$(DOCDIR)/
	for unit in $(UNITS); do \
		sed 's|/usr/bin/pinsight|$(BINDIR)/pinsight|' contrib/systemd/$$unit \
			>$(DESTDIR)$(SYSTEMD)/$$unit && chmod 644 $(DESTDIR)$(SYSTEMD)/$$unit || exit 1; done
	install -m 644 contrib/systemd/pinsight.sysusers $(DESTDIR)$(SYSUSERS)/pinsight.conf
	install -m 644 contrib/systemd/pinsight.tmpfiles $(DESTDIR)$(TMPFILES)/pinsight.conf
	for pair in $(SETTINGS); do to=$(DESTDIR)$(SYSCONFDIR)/$${pair#*:}; \
		[ -e $$to ] || install -m 644 contrib/systemd/$${pair%%:*} $$to || exit 1; done

uninstall: ## remove what install put there, but not the settings
	rm -rf $(addprefix $(DESTDIR),$(BINDIR)/pinsight $(MANDIR)/pinsight.1 $(DATADIR) $(DOCDIR) \
		$(UNITS:%=$(SYSTEMD)/%) $(SYSUSERS)/pinsight.conf $(TMPFILES)/pinsight.conf)

deb: ## make a Debian package: build/deb/pinsight_VERSION_ARCHITECTURE.deb
	@rm -rf build/deb
	@$(MAKE) --no-print-directory PREFIX=/usr SYSCONFDIR=/etc DESTDIR=$(CURDIR)/build/deb/root install >/dev/null
	@contrib/debian/build.sh build/deb $(VERSION)

clean: ## remove build/
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r target what; do printf '%-16s %s\n' "  $$target" "$$what"; done

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
