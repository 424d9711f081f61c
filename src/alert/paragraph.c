#include "alert/paragraph.h"

#include <stdio.h>

/* A piece is text of ours around at most one name from the wire. */
#define PIECE_MAX 1024

/* Length of a mark at the front that is not shown itself but changes what is shown, else 0. */
static size_t invisible_mark(const char *c)
{
    static const struct {
        const char *prefix;
        unsigned char low, high; /* of the last byte */
    } marks[] = {
        {"\342\200", 0x8b, 0x8f}, /* U+200B to U+200F: zero width, direction */
        {"\342\200", 0xaa, 0xae}, /* U+202A to U+202E: embedding and override */
        {"\342\201", 0xa0, 0xaf}, /* U+2060 to U+206F: joiner, isolates */
        {"\357\273", 0xbf, 0xbf}, /* U+FEFF: byte order mark */
    };

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (strncmp(c, marks[i].prefix, 2) == 0 && (unsigned char)c[2] >= marks[i].low &&
            (unsigned char)c[2] <= marks[i].high)
            return 3;
    }
    return 0;
}

/* Two bytes that a terminal may take for the start of a command: U+0080 to U+009F. */
static bool is_c1_control(const unsigned char *u)
{
    return u[0] == 0xc2 && u[1] < 0xa0;
}

/*
 * Write the mark, control character or byte that is no UTF-8 at the front as an escape; its length,
 * 0 when it is none.
 */
static size_t add_escaped(struct span word, struct text *clean)
{
    const unsigned char *u = word.data;
    size_t mark = invisible_mark((const char *)u);

    if (mark) {
        text_add_format(clean, "\\u%04X",
                        (u[0] & 0x0fu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu));
        return mark;
    }
    if (u[0] >= 0x20 && u[0] != 0x7f && text_character_length(word) > 0 &&
        !is_c1_control(u))
        return 0;
    text_add_format(clean, "\\x%02x", u[0]);
    return 1;
}

/* The word with escapes in place of such characters; returns how many columns it takes. */
static size_t clean_word(struct span word, struct text *clean)
{
    size_t columns = 0;
    struct span taken;

    while (!span_empty(word)) {
        size_t before = clean->len, len = add_escaped(word, clean);

        columns += len ? clean->len - before : 1;
        len = len ? len : text_character_length(word);
        if (!span_take(&word, len, &taken))
            break;
        if (clean->len == before)
            text_add_format(clean, "%.*s", (int)taken.len, (const char *)taken.data);
    }
    return columns;
}

static void new_line(struct paragraph *p)
{
    text_add_char(p->out, '\n');
    for (p->column = 0; p->column < p->indent; p->column++)
        text_add_char(p->out, ' ');
}

void paragraph_add(struct paragraph *p, const char *piece)
{
    while (*piece) {
        char buffer[PIECE_MAX];
        struct text word = text_in(buffer, sizeof(buffer));
        size_t spaces = strspn(piece, " "), len = strcspn(piece + spaces, " ");
        size_t columns = clean_word(span_of(piece + spaces, len), &word);

        if (spaces > 0 && p->column > p->indent &&
            p->column + spaces + columns >= PARAGRAPH_COLUMNS) {
            new_line(p);
            spaces = 0;
            piece += strspn(piece, " ");
        }
        for (size_t i = 0; i < spaces; i++)
            text_add_char(p->out, ' ');
        p->column += spaces;
        for (const char *c = buffer; *c; c++) {
            if (((unsigned char)*c & 0xc0) != 0x80 && p->column++ >= PARAGRAPH_COLUMNS) {
                new_line(p);
                p->column++;
            }
            text_add_char(p->out, *c);
        }
        piece += strspn(piece, " ");
        piece += strcspn(piece, " ");
    }
}

void paragraph_format(struct paragraph *p, const char *format, ...)
{
    char buffer[PIECE_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(buffer, sizeof(buffer), format, args);
    va_end(args);
    paragraph_add(p, buffer);
}

struct paragraph paragraph_begin(struct text *out, const char *label, size_t indent)
{
    struct paragraph p = {.out = out, .column = 0, .indent = indent};

    text_add(out, "  ");
    text_add(out, label);
    for (p.column = strlen(label) + 2; p.column < indent; p.column++)
        text_add_char(out, ' ');
    return p;
}

void paragraph_end(struct paragraph *p)
{
    text_add_char(p->out, '\n');
}
