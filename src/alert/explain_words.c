/*
 * The clauses of the analytics in words. Their ids name analytic, source and data component; the
 * words go by what stands behind the analytic.
 */
#include "alert/explain.h"

const char *explain_clause_words(const char *id)
{
    static const struct {
        const char *part;
        const char *words;
    } clauses[] = {
        {"NSM:Inspection", "the network shows that inspection is refused"},
        {"NSM:Flow", "the network shows bypass, retry or short-lived sessions"},
        {"DC0021", "the device's agent shows the app's own trust logic"},
        {"DC0123", "the device's agent shows it in the background or locked"},
        {"MDMLog", "device management shows an app outside its policy"},
    };

    for (size_t i = 0; i < sizeof(clauses) / sizeof(clauses[0]); i++)
        if (strstr(id, clauses[i].part))
            return clauses[i].words;
    return id;
}
