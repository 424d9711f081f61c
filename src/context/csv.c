#include "context/csv.h"

static bool at(struct span s, size_t i, char c)
{
    return i < s.len && s.data[i] == (uint8_t)c;
}

static void keep(char out[CSV_VALUE_MAX], size_t *len, uint8_t c)
{
    if (*len < CSV_VALUE_MAX - 1)
        out[(*len)++] = (char)c;
}

bool csv_next(struct span *row, bool *first, char out[CSV_VALUE_MAX], size_t *len)
{
    size_t i = 0;
    bool quoted;

    *len = 0;
    if (!*first) {
        if (!at(*row, 0, ','))
            return false;
        *row = span_of(row->data + 1, row->len - 1);
    } else if (row->len == 0) {
        return false;
    }
    *first = false;
    quoted = at(*row, 0, '"');
    if (quoted)
        i++;
    while (i < row->len) {
        if (quoted && at(*row, i, '"')) {
            if (!at(*row, i + 1, '"'))
                quoted = false;
            else
                keep(out, len, '"');
            i += quoted ? 2 : 1;
            continue;
        }
        if (!quoted && row->data[i] == ',')
            break;
        keep(out, len, row->data[i++]);
    }
    out[*len] = '\0';
    *row = span_of(row->data + i, row->len - i);
    return true;
}
