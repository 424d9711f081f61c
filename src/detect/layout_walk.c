#include "detect/layout_walk.h"

bool walk_enter(struct walk *w, const struct layout *l, uint8_t *base, size_t elements)
{
    if (w->depth == WALK_DEPTH)
        return false;
    w->levels[w->depth++] = (struct level){l, base, 0, elements};
    return true;
}

enum walk_step walk_next(struct walk *w, const struct layout_field **f, uint8_t **place)
{
    struct level *top = &w->levels[w->depth - 1];

    if (top->field < top->layout->field_count) {
        *f = &top->layout->fields[top->field++];
        *place = top->base ? top->base + (*f)->offset : NULL;
        return WALK_FIELD;
    }
    if (--top->left > 0) {
        top->field = 0;
        top->base += top->layout->size;
        return WALK_NEXT;
    }
    w->depth--;
    return w->depth > 0 ? WALK_LEFT : WALK_DONE;
}

void *layout_pointer_at(const uint8_t *place)
{
    void *pointer;

    memcpy(&pointer, place, sizeof(pointer));
    return pointer;
}

uint64_t layout_number_at(const uint8_t *place, size_t size)
{
    uint32_t four;
    uint16_t two;
    uint64_t eight;

    switch (size) {
    case 1:
        return *place;
    case 2:
        memcpy(&two, place, sizeof(two));
        return two;
    case 4:
        memcpy(&four, place, sizeof(four));
        return four;
    default:
        memcpy(&eight, place, sizeof(eight));
        return eight;
    }
}
