# The catalogue's index is made from its rows by a program of the build.
CATALOGUE_GEN = $(B)/gen/catalogue_gen
CATALOGUE_GEN_OBJ = $(patsubst %.c,$(B)/obj/%.o,lib/metric/metric_name.c \
	$(sort $(wildcard lib/metric/gen/*.c lib/metric/catalogue_*.c)))
$(CATALOGUE_GEN): $(CATALOGUE_GEN_OBJ)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(CATALOGUE_GEN_OBJ)
$(B)/gen/catalogue_index.h: $(CATALOGUE_GEN)
	@mkdir -p $(@D)
	$(CATALOGUE_GEN) >$@.tmp && mv $@.tmp $@
$(B)/obj/lib/metric/catalogue.o: $(B)/gen/catalogue_index.h
-include $(B)/obj/lib/metric/gen/catalogue_gen.d
