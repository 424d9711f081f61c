#include "status.h"

#include <json-c/json.h>

#include "status_sample.h"
#include "tap.h"

static struct sample sample;

static void test_numbers(void)
{
    struct status_rates rates;
    struct status_drops drops;
    struct status_table tables[STATUS_TABLES];
    struct status_output outputs[STATUS_OUTPUTS];

    sample_status(&sample);
    is_int(status_newest(&sample.status)->frames, 2100,
           "frames are those of the interfaces");
    rates = status_rates(&sample.status);
    ok(rates.frames == 100 && rates.bytes == 100000 && rates.sessions == 10,
       "rates are those of the last ten seconds");
    is_int(sample.status.sample_count, STATUS_RATE_SAMPLES, "no more is kept");
    drops = status_drops(&sample.status);
    ok(drops.kernel == 24 && drops.shed == 0 && drops.lines == 8 && drops.alerts == 0,
       "what the kernel dropped, what was shed and what was not written are told apart");
    status_tables(&sample.status, tables);
    ok(tables[0].count == 10 && tables[0].capacity == 20 && tables[1].capacity == 100,
       "tables have what is in them and what may be");
    is_int(status_outputs(&sample.status, outputs), 2, "there are two outputs");
    ok(outputs[0].up && !outputs[1].up && outputs[1].alerts_waiting == 3,
       "the file is written, the receiver is away");
}

static void test_young(void)
{
    sample_status(&sample);
    status_init(&sample.status, &sample.config, &sample.sensor, SAMPLE_START);
    is_int(status_rates(&sample.status).frames, 0, "in the first second there is no rate");
    is_int(status_uptime_ns(&sample.status), 0, "and no age");
}

static void test_text(void)
{
    char buffer[STATUS_TEXT_MAX];
    struct text out = text_in(buffer, sizeof(buffer));

    sample_status(&sample);
    status_write_text(&sample.status, &out);
    is_text(buffer,
            "pinsight 1.0.0, sensor sensor-a, running for 11 s\n"
            "packets seen up to 2026-11-21T03:48:18.537000Z\n"
            "\n"
            "            total        a second\n"
            "packets     2100         100\n"
            "traffic     2.1 MB       100.0 kB\n"
            "sessions    210          10.0\n"
            "alerts      5            0.0\n"
            "\n"
            "last alert  2026-11-21T03:48:18.537000Z, high: An app pins.\n"
            "dropped     24 packets by the kernel, 0 records for want of room, 8 events "
            "unwritten, 0 alerts lost\n"
            "interfaces  eth0: up, 2100 frames, 24 dropped, 0 outages\n"
            "outputs     file /var/log/events: up, 1 events lost\n"
            "            socket /run/taker: DOWN, 3 alerts and 40 other events wait in "
            "12.3 kB, "
            "7 events lost\n"
            "tables      flows 10 of 20, handshakes 30 of 100, devices 0 of 200, keys 0 of "
            "300, "
            "held_back 0, waiting 0\n"
            "\n"
            "blind spots: of 200 sessions, 150 could be judged (75.0 %)\n"
            "why not the others (a session can have several reasons)\n"
            "   22.5 %  45  resumed: no certificate is sent\n"
            "           to change it: nothing; the session that was resumed counts, if the "
            "capture holds it\n"
            "    5.0 %  10  only one direction was seen\n"
            "           to change it: mirror both directions of the link to this sensor, "
            "and look "
            "for asymmetric routes\n",
            "a page for a person");
    is_int(out.cut, false, "which is whole");
}

static void test_ages(void)
{
    static const struct {
        uint64_t seconds;
        const char *want;
    } rows[] = {{59, "for 59 s\n"},
                {61, "for 1 m 1 s\n"},
                {7325, "for 2 h 2 m\n"},
                {273600, "for 3 d 4 h\n"}};

    for (size_t i = 0; i < 4; i++) {
        char buffer[STATUS_TEXT_MAX];
        struct text out = text_in(buffer, sizeof(buffer));

        sample_status(&sample);
        status_sample(&sample.status, SAMPLE_START + rows[i].seconds * NS_PER_S);
        status_write_text(&sample.status, &out);
        ok(strstr(buffer, rows[i].want), "%s", rows[i].want);
    }
}

static struct json_object *at(struct json_object *o, const char *key)
{
    return json_object_object_get(o, key);
}

static void test_json(void)
{
    static char buffer[STATUS_JSON_MAX];
    struct json_object *o;
    struct json_out out;

    sample_status(&sample);
    json_out_init(&out, buffer, sizeof(buffer), NULL, NULL);
    ok(status_write_json(&sample.status, &out), "the status as JSON fits");
    buffer[out.len] = '\0';
    o = json_tokener_parse(buffer);
    ok(o != NULL, "and is JSON");
    is_text(json_object_get_string(at(o, "name")), "sensor-a", "with the sensor's name");
    is_int(json_object_get_int64(at(at(o, "totals"), "packets")), 2100, "totals");
    ok(json_object_get_double(at(at(o, "per_second"), "sessions")) == 10, "rates");
    is_int(json_object_get_int64(at(at(o, "dropped"), "kernel")), 24, "drops");
    is_int(json_object_array_length(at(o, "sources")), 1, "interfaces");
    is_int(json_object_array_length(at(o, "outputs")), 2, "outputs");
    is_int(json_object_get_int64(at(at(at(o, "tables"), "flows"), "capacity")), 20,
           "tables");
    is_int(json_object_get_int64(at(at(at(o, "stats"), "flow"), "created")), 40,
           "every counter");
    is_int(json_object_get_int64(at(at(o, "blind_spots"), "without_verdict")), 50,
           "and blind spots");
    json_object_put(o);
}

int main(void)
{
    test_numbers();
    test_young();
    test_text();
    test_ages();
    test_json();
    return done_testing();
}
