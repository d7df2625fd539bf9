# NovaCron.  GNU make.  "make help" lists the targets.
VERSION = 0.1.0

PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
SYSCONFDIR = /etc
DESTDIR =
B = build

CC = gcc
CFLAGS = -O2 -g
LDFLAGS =
WERROR =

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wvla -Wformat=2 \
	-Wconversion -Wnull-dereference -Wcast-qual -Wwrite-strings -Wundef \
	-Wimplicit-fallthrough -Wdouble-promotion -Wpointer-arith
HARDEN = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection \
	-ftrivial-auto-var-init=zero -fPIE
HARDEN_LD = -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
PKGS = jansson librrd libcurl libcrypto zlib ncursesw

# Of the environment the compiler sees only this.
ALL_CPPFLAGS = -D_GNU_SOURCE -DNC_VERSION='"$(VERSION)"' \
	-DNC_SYSCONFDIR='"$(SYSCONFDIR)"' -Ilib -I$(B)/gen \
	$(filter-out -D_XOPEN_SOURCE=%,$(shell pkg-config --cflags $(PKGS) \
	2>/dev/null)) $(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(WARN) $(WERROR) $(HARDEN) \
	-ffile-prefix-map=$(CURDIR)/= -MMD -MP $(CFLAGS)
ALL_LDFLAGS = $(HARDEN_LD) $(LDFLAGS)
LIBS = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm

TOOLS := $(patsubst cmd/%/main.c,%,$(wildcard cmd/nc-*/main.c))
LIB_SRC := $(sort $(wildcard lib/*/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(B)/obj/%.o)
LIB := $(B)/libnovacron.a
BIN := $(TOOLS:%=$(B)/bin/%)
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/%,\
	$(sort $(wildcard tests/unit/test_*.c)))

all: $(BIN)

$(LIB): $(LIB_OBJ)
	rm -f $@
	ar Drcs $@ $(LIB_OBJ)

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(if $(filter cmd/%,$<),-I$(shell \
	    echo $< | cut -d/ -f1,2)) $(ALL_CFLAGS) -c -o $@ $<

# A tool is all the C files below its folder and the library.
define tool_rule
$(1)_OBJ := $$(patsubst %.c,$$(B)/obj/%.o,$$(sort $$(wildcard \
	cmd/$(1)/*.c cmd/$(1)/*/*.c)))
$$(B)/bin/$(1): $$($(1)_OBJ) $$(LIB)
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CFLAGS) $$(ALL_LDFLAGS) -o $$@ $$($(1)_OBJ) $$(LIB) \
	    $$(LIBS)
ALL_OBJ += $$($(1)_OBJ)
endef
$(foreach t,$(TOOLS),$(eval $(call tool_rule,$(t))))

$(B)/tests/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) -Itests/unit $(ALL_CFLAGS) $(ALL_LDFLAGS) \
	    -o $@ $< $(LIB) $(LIBS)

unit: $(UNIT)
	prove -e '' $(UNIT)

clean:
	rm -rf $(B)

-include $(LIB_OBJ:.o=.d) $(ALL_OBJ:.o=.d) $(UNIT:=.d)

.PHONY: all unit clean
