#include <stdio.h>

#include "cli.h"
#include "version.h"

static const char sensor_help[] =
    "pinsight " PINSIGHT_VERSION
    ": tells which device, app and destination refuses TLS inspection\n"
    "\n"
    "usage: pinsight -r FILE|DIR|- [-r ...] [options] [BPF filter]\n"
    "       pinsight correlate -r SESSIONS.jsonl|- [-r ...] [options]\n"
    "       pinsight status [--control PATH] [--json]\n"
    "\n"
    "input\n"
    "  -r PATH                 capture file (pcap, pcapng, .gz, .zst), `-` for standard\n"
    "                          input, or a folder: all captures in it by first packet\n"
    "  -F, --filter-file FILE  BPF filter from a file instead of the arguments\n"
    "  -n, --count N           stop after N packets\n"
    "  -j N                    workers side by side, same output; default 1\n"
    "  -k, --checksums WHAT    all: drop packets with a wrong checksum; none (default)\n"
    "\n"
    "what is inspected\n"
    "  --inspection-ca FILE    certificate of an inspection authority (PEM or DER);\n"
    "                          repeatable\n"
    "  --set KEY=VALUE         one setting, e.g. inspection.segments[+]=10.0.0.0/8\n"
    "  -c, --config FILE       settings (YAML); default /etc/pinsight/pinsight.yaml\n"
    "  --rules DIR             rules that replace the built-in ones file by file\n"
    "\n"
    "output\n"
    "  -o, --output PATH       events as JSON lines, `-` standard output (default)\n"
    "  --format ecs|text       JSON (Elastic Common Schema) or readable text\n"
    "  --sessions[=full]       also an event for each TLS session; full: and its totals\n"
    "  --stats[=SECONDS]       also events with all counters, in packet time and at the "
    "end\n"
    "  --state PATH            remember in this database, and go on with what it "
    "remembers\n"
    "\n"
    "other\n"
    "  -T, --test-config       check settings and rules, say what is wrong, exit\n"
    "  --dump-config           print the settings in effect\n"
    "  --strict                exit 5 when records were dropped\n"
    "  -v, --verbose, -q, --quiet, -V, --version, --build-info, -h, --help\n"
    "\n"
    "exit codes: 0 ok, 1 run-time failure, 2 usage, 3 settings or rules invalid,\n"
    "            4 input unreadable or cut short, 5 records dropped (--strict)\n";

static const char correlate_help[] =
    "pinsight correlate: alerts from session events, without packets\n"
    "\n"
    "usage: pinsight correlate -r FILE|- [-r ...] [options]\n"
    "\n"
    "Reads what pinsight --sessions wrote, of one sensor or of several, and gives the "
    "alerts that\n"
    "the packets gave, to the byte where the settings are the same. Outcomes that need "
    "several\n"
    "sessions, and whether each was inspected, are concluded anew.\n"
    "\n"
    "input\n"
    "  -r PATH                 session events (JSON lines, also .gz, .zst), `-` for "
    "standard\n"
    "                          input; several are merged by the time of decision\n"
    "\n"
    "what is inspected\n"
    "  --inspection-ca FILE    certificate of an inspection authority (PEM or DER);\n"
    "                          repeatable. The sensor must have known it as well\n"
    "  --set KEY=VALUE         one setting, e.g. inspection.segments[+]=10.0.0.0/8\n"
    "  -c, --config FILE       settings (YAML); default /etc/pinsight/pinsight.yaml\n"
    "  --rules DIR             rules that replace the built-in ones file by file\n"
    "\n"
    "output\n"
    "  -o, --output PATH       events as JSON lines, `-` standard output (default)\n"
    "  --format ecs|text       JSON (Elastic Common Schema) or readable text\n"
    "  --sessions[=full]       also the session events as judged here; full: and the "
    "totals\n"
    "  --stats                 also an event with all counters at the end\n"
    "  --state PATH            remember in this database, and go on with what it "
    "remembers\n"
    "\n"
    "other\n"
    "  -T, --test-config       check settings and rules, say what is wrong, exit\n"
    "  --dump-config           print the settings in effect\n"
    "  --strict                exit 5 when records were dropped\n"
    "  -v, --verbose, -q, --quiet, -V, --version, --build-info, -h, --help\n"
    "\n"
    "exit codes: 0 ok, 1 run-time failure, 2 usage, 3 settings or rules invalid,\n"
    "            4 a file cannot be read or lines were left out, 5 records dropped "
    "(--strict)\n";

static const char status_help[] =
    "pinsight status: how a running pinsight is\n"
    "\n"
    "usage: pinsight status [--control PATH] [--json]\n"
    "\n"
    "Uptime, rates, what was dropped, the last alert, interfaces, receivers of events and "
    "what\n"
    "waits for them, how full tables are, and of how many sessions nothing can be said, "
    "why, and\n"
    "what to change.\n"
    "\n"
    "  --control PATH          its control socket (stats.control); default\n"
    "                          /run/pinsight/control\n"
    "  -c, --config FILE       take the socket from these settings\n"
    "  --set KEY=VALUE         one setting\n"
    "  --json                  one JSON object, with every counter\n"
    "  -h, --help\n"
    "\n"
    "exit codes: 0 ok, 1 nobody answers, 2 usage, 3 settings invalid\n";

void cli_print_help(enum cli_verb verb)
{
    static const char *const helps[] = {
        [CLI_SENSOR] = sensor_help,
        [CLI_CORRELATE] = correlate_help,
        [CLI_STATUS] = status_help,
    };

    (void)fputs(helps[verb], stdout);
}
