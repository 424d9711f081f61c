#include "context/item.h"

#include <ctype.h>
#include <json-c/json.h>
#include <limits.h>

#include "context/csv.h"

#define JSON_DEPTH 32
#define NAME_MAX_BYTES 32

struct json_object *item_parse(struct span text, bool *partial, const char **problem)
{
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
    enum json_tokener_error error;
    json_object *item;

    *problem = "no memory for a line";
    *partial = false;
    if (!tokener || text.len > INT_MAX)
        return NULL;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    item = json_tokener_parse_ex(tokener, (const char *)text.data, (int)text.len);
    error = json_tokener_get_error(tokener);
    *partial = error == json_tokener_continue;
    *problem = *partial ? "the JSON value does not end" : json_tokener_error_desc(error);
    for (size_t i = json_tokener_get_parse_end(tokener); item && i < text.len; i++)
        if (!isspace(text.data[i])) {
            json_object_put(item);
            item = NULL;
            *problem = "something stands behind the JSON value";
        }
    json_tokener_free(tokener);
    return item;
}

struct json_object *item_of_match(const struct pattern_match *m)
{
    json_object *item = json_object_new_object();

    for (size_t i = 0; item && i < m->count; i++) {
        char name[NAME_MAX_BYTES];
        size_t len = m->captures[i].name.len;

        if (len >= sizeof(name))
            continue;
        memcpy(name, m->captures[i].name.data, len);
        name[len] = '\0';
        json_object_object_add(
            item, name,
            json_object_new_string_len((const char *)m->captures[i].value.data,
                                       (int)m->captures[i].value.len));
    }
    return item;
}

struct json_object *item_of_row(struct span row)
{
    json_object *values = json_object_new_array();
    char value[CSV_VALUE_MAX];
    bool first = true;
    size_t len;

    while (values && json_object_array_length(values) < CSV_VALUES_MAX &&
           csv_next(&row, &first, value, &len))
        (void)json_object_array_add(values, json_object_new_string_len(value, (int)len));
    return values;
}
