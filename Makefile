# NovaCron.  GNU make.  "make help" lists the targets.
# Nothing is listed by hand: a new lib/*/X.c, cmd/nc-X/**.c, tests/unit/
# test_X.c, tests/X.bats, tests/fuzz/fuzz_X.c, tests/bench/X.bench, man/X.N
# is picked up where it lies.
VERSION = 0.1.0

PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
DATADIR = $(PREFIX)/share
SYSCONFDIR = /etc
DESTDIR =
B = build

CC = gcc
CFLAGS = -O2 -g
LDFLAGS =
WERROR =

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wvla -Wformat=2 \
	-Wconversion -Wnull-dereference -Wwrite-strings -Wundef \
	-Wimplicit-fallthrough -Wpointer-arith $(if $(findstring \
	clang,$(CC)),,-Wdouble-promotion -Wcast-qual) # system macros
HARDEN = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fPIE \
	$(if $(filter x86_64%,$(MACHINE)),-fcf-protection) \
	$(if $(findstring clang,$(CC)),,-ftrivial-auto-var-init=zero)
HARDEN_LD = -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

# Programs load librrd when they need it; only tests link it.
PKGS = jansson librrd libcurl libcrypto zlib ncursesw libvirt libvirt-qemu libxml-2.0 yaml-0.1
MACHINE := $(shell uname -m)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

ALL_CPPFLAGS = -D_GNU_SOURCE -DNC_VERSION='"$(VERSION)"' \
	-DNC_SYSCONFDIR='"$(SYSCONFDIR)"' -DNC_DATADIR='"$(DATADIR)"' -Ilib -I$(B)/gen \
	$(filter-out -D_XOPEN_SOURCE=% -D_DEFAULT_SOURCE,$(PKG_CFLAGS)) \
	$(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(WARN) $(WERROR) $(HARDEN) \
	-ffile-prefix-map=$(CURDIR)=. -MMD -MP $(CFLAGS)
ALL_LDFLAGS = $(HARDEN_LD) $(LDFLAGS)
LIBS = $(PKG_LIBS) -lm

# --- what there is ---------------------------------------------------------
objects = $(patsubst %.c,$(B)/obj/%.o,$(1))
TOOLS := $(notdir $(wildcard cmd/nc-*))
PROGRAMS := $(patsubst cmd/%/main.c,%,$(wildcard cmd/nc-*/main.c))
LIB_OBJ := $(call objects,$(sort $(wildcard lib/*/*.c)))
LIB := $(B)/libnovacron.a
BIN := $(PROGRAMS:%=$(B)/bin/%)
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/%,\
	$(sort $(wildcard tests/unit/test_*.c)))
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,\
	$(sort $(wildcard tests/fuzz/fuzz_*.c)))
REPLAY := $(FUZZ:$(B)/fuzz/fuzz_%=$(B)/tests/replay_%)
BATS := $(sort $(wildcard tests/*.bats))
# A page with a program man/gen/PAGE.c is what that program prints.
GEN_MAN := $(patsubst man/gen/%.c,$(B)/man/%,$(wildcard man/gen/*.c))
MAN := $(sort $(wildcard man/*.[1-8]))
# A test or generator with "tool: nc-X" in a comment sees the headers and
# objects of that tool (its main.o apart).
TOOL_OF := $(shell grep -so 'tool: nc-[a-z]*' tests/unit/*.c tests/fuzz/*.c \
	man/gen/*.c | sed 's/:tool: /=/')
tool_of = $(patsubst $(1)=%,%,$(filter $(1)=%,$(TOOL_OF)))
tool_lib = $(patsubst %,$(B)/%.a,$(call tool_of,$(1)))
includes = $(addprefix -I,$(if $(filter cmd/%,$(1)),cmd/$(word 2,\
	$(subst /, ,$(1))),$(if $(filter tests/%,$(1)),tests/unit)) \
	$(addprefix cmd/,$(call tool_of,$(1))))

all: $(BIN) $(GEN_MAN)

# --- how it is made --------------------------------------------------------
$(LIB): $(LIB_OBJ)
	@rm -f $@
	@ar Drcs $@ $(LIB_OBJ)

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo "cc $<";) $(CC) $(ALL_CPPFLAGS) $(call includes,$<) \
	    $(ALL_CFLAGS) -c -o $@ $<

# $(call link,extra libraries): all objects and archives among the inputs.
link = @mkdir -p $(@D); $(if $(V),set -x,echo "ld $@"); \
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^) \
	$(LIBS) $(1)

# A tool is all the C files below its folder and the library.
define tool_rule
$(1)_OBJ := $$(call objects,$$(sort $$(wildcard cmd/$(1)/*.c \
	cmd/$(1)/*/*.c)))
$$(B)/bin/$(1): $$($(1)_OBJ) $$(LIB)
	$$(link)
$$(B)/$(1).a: $$(filter-out %/main.o,$$($(1)_OBJ))
	@rm -f $$@
	@ar Drcs $$@ $$^
ALL_OBJ += $$($(1)_OBJ)
endef
$(foreach t,$(TOOLS),$(eval $(call tool_rule,$(t))))

.SECONDARY:
.SECONDEXPANSION:
$(B)/tests/replay_%: $(B)/obj/tests/fuzz/fuzz_%.o \
    $(B)/obj/tests/fuzz/replay.o $$(call tool_lib,tests/fuzz/fuzz_$$*.c) $(LIB)
	$(link)
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $$(call tool_lib,tests/fuzz/$$*.c) $(LIB)
	$(call link,-fsanitize=fuzzer)
$(B)/tests/%: $(B)/obj/tests/unit/%.o $$(call tool_lib,tests/unit/$$*.c) $(LIB)
	$(link)
$(B)/gen/%: $(B)/obj/man/gen/%.o $$(call tool_lib,man/gen/$$*.c) $(LIB)
	$(link)
$(B)/man/%: $(B)/gen/%
	@mkdir -p $(@D)
	@$< >$@.tmp && mv $@.tmp $@

include lib/metric/rules.mk

# Benchmark programs may link a peer: "bench-libs: yajl simdjson".
bench_libs = $(shell pkg-config --cflags --libs \
	$$(sed -n 's/.*bench-libs: *\([^*]*\).*/\1/p' $<))
$(B)/bench/%: tests/bench/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LIB) \
	    $(bench_libs) $(LIBS)
$(B)/bench/%: tests/bench/%.cc $(LIB)
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -Ilib $(CFLAGS) $(HARDEN) -o $@ $< $(LIB) \
	    $(bench_libs) $(LIBS)
$(B)/fault.so: tests/fault/fault.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CPPFLAGS) -std=c11 $(WARN) $(WERROR) -O2 -g -fPIC -shared \
	    -o $@ $< -ldl

-include $(LIB_OBJ:.o=.d) $(ALL_OBJ:.o=.d) \
	$(patsubst %,$(B)/obj/tests/unit/%.d,$(notdir $(UNIT))) \
	$(patsubst %,$(B)/obj/tests/fuzz/%.d,$(notdir $(FUZZ)) replay)

# --- see it, prove it ------------------------------------------------------
RUN = @NC_BUILD=$(abspath $(B)) tests/run
NPROC := $(shell nproc)

run:
	contrib/deps build
	$(MAKE) -j$(NPROC) all
	contrib/live $(B)

check:
	contrib/deps build check
	$(MAKE) -j$(NPROC) test

# The same without installing anything.  TESTS="..." runs only those.
TESTS = $(UNIT) $(REPLAY) $(BATS)
SMOKE = $(UNIT) $(REPLAY) tests/contract.bats
test: all $(UNIT) $(REPLAY) $(B)/fault.so
	$(RUN) $(if $(filter smoke,$(TESTS)),$(SMOKE),$(TESTS))
unit: $(UNIT)
	prove -e '' $(UNIT)

asan:
	$(MAKE) B=build/asan CFLAGS='-O1 -g $(SANITIZE)' HARDEN=-fPIE \
	    NC_SANITIZER=1 test

fuzz:
	$(MAKE) B=build/fuzz CC=clang-14 HARDEN=-fPIE CFLAGS='-O1 -g \
	    $(SANITIZE) -fsanitize=fuzzer-no-link' fuzz-run
fuzz-run: $(FUZZ)
	tests/fuzz/run $(or $(FUZZ_SECONDS),60) $(FUZZ)
fault: all $(B)/fault.so
	$(RUN:@%=@NC_SLOW=1 %) $(sort $(wildcard tests/fault/*.bats tests/*-crash.bats tests/*-state.bats))

cover:
	-find build/cover -name '*.gcda' -delete
	GCOV_ERROR_FILE=/dev/null $(MAKE) B=build/cover \
	    CFLAGS='-O0 -g --coverage' HARDEN=-fPIE test
	tests/cover build/cover

BENCH = $(sort $(patsubst tests/bench/%.bench,%,$(wildcard tests/bench/*.bench)))
bench: all $(patsubst tests/bench/%,$(B)/bench/%,$(basename $(sort \
    $(foreach b,$(BENCH),$(wildcard tests/bench/$(b).c* tests/bench/$(b)_*.c*)))))
	NC_BUILD=$(abspath $(B)) tests/bench/run $(BENCH)
bench-analytics: all $(B)/bench/analytics_folds
	NC_BUILD=$(B) tests/analytics/run \
	    '$(if $(filter command,$(origin BENCH)),$(BENCH))'

lint: all
	NC_BUILD=$(B) tests/lint
# Reads one file; every header counts, since a complaint may be in one.
TIDY := $(patsubst %.c,$(B)/tidy/%,$(wildcard lib/*/*.c cmd/*/*.c cmd/*/*/*.c))
tidy: $(TIDY)
$(B)/tidy/%: %.c .clang-tidy $(wildcard lib/*/*.h cmd/*/*.h cmd/*/*/*.h)
	@clang-tidy-14 --quiet $< -- -std=c11 $(ALL_CPPFLAGS) \
	    $(call includes,$<) 2>/dev/null
	@mkdir -p $(@D) && touch $@

# --- put it somewhere ------------------------------------------------------
put = install -d $(DESTDIR)$(2) && install -m 644 $(1) $(DESTDIR)$(2)
install: all
	install -d $(DESTDIR)$(BINDIR)
	install -m 755 $(BIN) $(DESTDIR)$(BINDIR)
	set -e; for n in 1 5 7 8; do \
	    pages=`ls man/*.$$n $(B)/man/*.$$n 2>/dev/null || :`; \
	    test -z "$$pages" || { $(call put,$$pages,$(MANDIR)/man$$n); }; done
	$(call put,completions/bash/*,$(DATADIR)/bash-completion/completions)
	$(call put,completions/zsh/*,$(DATADIR)/zsh/site-functions)
	$(call put,completions/fish/*,$(DATADIR)/fish/vendor_completions.d)
	set -e; for d in $(notdir $(patsubst %/,%,$(wildcard contrib/*/))); \
	    do $(call put,contrib/$$d/*,$(DATADIR)/novacron/$$d); done

NAME = novacron-$(VERSION)
dist:
	@mkdir -p $(B)
	git archive --prefix=$(NAME)/ HEAD | gzip -9n >$(B)/$(NAME).tar.gz
distcheck: dist
	rm -rf $(B)/dist && mkdir -p $(B)/dist
	tar -xzf $(B)/$(NAME).tar.gz -C $(B)/dist
	cd $(B)/dist/$(NAME) && $(MAKE) B=build WERROR=-Werror all && \
	    mandoc -Tlint -Wwarning man/*.[1-8] && $(MAKE) B=build test && \
	    $(MAKE) B=build PREFIX=/usr DESTDIR=$(abspath $(B))/dist/root install
	$(B)/dist/root/usr/bin/nc-collect >/dev/null

# Two places, two moments, the same bytes.
repro:
	rm -rf $(B)/repro && mkdir -p $(B)/repro/one $(B)/repro/another/place
	set -e; for d in one another/place; do \
	    cp -R Makefile lib cmd man tests $(B)/repro/$$d/; \
	    $(MAKE) -C $(B)/repro/$$d B=out all; done
	diff -r $(B)/repro/one/out/bin $(B)/repro/another/place/out/bin
	cmp $(B)/repro/one/out/libnovacron.a \
	    $(B)/repro/another/place/out/libnovacron.a
	@echo 'same bytes from both places'

clean:
	rm -rf $(B)

help:
	@echo 'all            programs in $(B)/bin, usable in place'
	@echo 'run            install what is missing, build, show this machine'
	@echo 'check          install what is missing, run every test'
	@echo 'test           the same without installing; TESTS="tests/X.bats"'
	@echo 'unit asan fuzz fault cover lint   closer looks; FUZZ_SECONDS=60'
	@echo 'bench          measure beside others; BENCH="codec host"'
	@echo 'bench-analytics  on public data; BENCH=DIR'
	@echo 'install        PREFIX=$(PREFIX) DESTDIR='
	@echo 'repro dist distcheck clean    V=1 shows the commands'

.PHONY: all run check test unit asan fuzz fuzz-run fault cover bench lint tidy \
	bench-analytics install dist distcheck repro clean help
