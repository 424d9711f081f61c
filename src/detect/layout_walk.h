/*
 * The fields of a record one after the other (detect/layout.h), those of parts in their place. Who
 * walks decides whether it goes into an owned struct: walk_enter before the next step.
 *
 * The record is lent while it is walked; without one (`base` NULL) only the tables are.
 */
#pragma once

#include "detect/layout.h"

/* Structs inside structs, owned or in place. */
#define WALK_DEPTH (2 * LAYOUT_DEPTH)

struct level {
    const struct layout *layout;
    uint8_t *base; /* of the element at hand; NULL where only the tables are walked */
    uint16_t field;
    size_t left; /* elements, the one at hand included */
};

struct walk {
    struct level levels[WALK_DEPTH];
    size_t depth;
};

enum walk_step {
    WALK_FIELD,
    WALK_NEXT, /* an element ended, the next of its row begins */
    WALK_LEFT, /* the last element of a row ended: back in the struct that holds it */
    WALK_DONE,
};

/* Go into so many structs of that layout in a row; false when it is too deep. */
bool walk_enter(struct walk *w, const struct layout *l, uint8_t *base, size_t elements);

/* The next step; for a field its row and where it lies (NULL without a record). */
enum walk_step walk_next(struct walk *w, const struct layout_field **f, uint8_t **place);

/* The number of 1, 2, 4 or 8 bytes, the pointer, that lies there. */
uint64_t layout_number_at(const uint8_t *place, size_t size);
void *layout_pointer_at(const uint8_t *place);
