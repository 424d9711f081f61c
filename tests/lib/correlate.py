"""pinsight correlate on what pinsight wrote, as TAP: correlate.py PROGRAM LABEL...

A label stands beside NAME.pcap and names the configuration under which both run.
"""
import gzip
import json
import os
import subprocess
import sys
import tempfile

import replay


def dataset(line):
    return json.loads(line)["event"]["dataset"]


def alerts(output):
    return [line for line in output.splitlines() if b'"pinsight.alert"' in line]


class Case:
    """A capture with its configuration, the direct run's output and a folder to work in."""

    def __init__(self, program, path, room):
        self.program = program
        self.name = os.path.basename(path)[:-len(".json")]
        with open(path, encoding="utf-8") as file:
            self.label = json.load(file)
        self.folder = os.path.dirname(path)
        self.options = replay.options(self.label, self.folder)
        self.direct = replay.output(program, self.label, self.folder,
                                    os.path.join(self.folder, self.name + ".pcap"),
                                    "--sessions=full")
        self.room = room

    def write(self, name, data):
        path = os.path.join(self.room, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def run(self, *words, options=None, stdin=None):
        """Exit code, output and errors of `pinsight correlate`."""
        command = [self.program, "correlate", *(self.options if options is None else options),
                   *words]
        done = subprocess.run(command, capture_output=True, check=False, input=stdin)
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def first_difference(wanted, found):
    for number, pair in enumerate(zip(wanted.splitlines(), found.splitlines())):
        if pair[0] != pair[1]:
            return [f"line {number + 1} was {pair[0][:200]}", f"and is {pair[1][:200]}"]
    return [f"{len(wanted)} bytes were written, {len(found)} come back"]


def check_same(tap, case):
    path = case.write("events.jsonl", case.direct)
    code, output, errors = case.run("-r", path, "--sessions=full")
    tap.ok((code, output, errors) == (0, case.direct, ""),
           f"{case.name}: sessions, totals and alerts come back to the byte",
           [errors] + first_difference(case.direct, output))
    code, output, _ = case.run("-r", path)
    tap.ok(code == 0 and output.splitlines() == alerts(case.direct),
           f"{case.name}: without --sessions the alerts alone")


def check_inputs(tap, case):
    """Other ways to bring the same events."""
    lines = case.direct.splitlines(keepends=True)
    sessions = [line for line in lines if dataset(line) == "pinsight.session"]
    halves = [case.write(f"half{i}.jsonl", b"".join(sessions[i::2])) for i in range(2)]
    packed = case.write("events.jsonl.gz", gzip.compress(b"".join(sessions)))
    cut = case.write("cut.jsonl.gz", gzip.compress(b"".join(sessions))[:-9])
    wanted = alerts(case.direct)

    tap.ok(case.run("-r", halves[1], "-r", halves[0])[1].splitlines() == wanted,
           f"{case.name}: two files are merged by the time of decision")
    tap.ok(case.run("-r", packed)[1].splitlines() == wanted, f"{case.name}: packed with gzip")
    tap.ok(case.run("-r", "-", stdin=case.direct)[1].splitlines() == wanted,
           f"{case.name}: from standard input")
    tap.ok(case.run("-r", halves[0], "-r", halves[0], "-r", halves[1])[1].splitlines() == wanted,
           f"{case.name}: a session that is read twice counts once")
    code, _, errors = case.run("-r", cut)
    tap.ok(code == 4 and "cut.jsonl.gz: its packed data are cut short" in errors,
           f"{case.name}: a file that is cut short is told, exit 4", [code, errors])


def check_broken(tap, case):
    lines = case.direct.splitlines(keepends=True)
    path = case.write("broken.jsonl", lines[0] + b"{\n\n" + b"".join(lines[1:]) + b"x" * 700000 +
                      b"\n[]\n" + b"x" * 3000000 + b"\n{}")
    code, output, errors = case.run("-r", path)
    tap.ok(code == 4 and output.splitlines() == alerts(case.direct),
           f"{case.name}: broken lines are left out, exit 4", [code, errors])
    told = [f"{path}:2: no JSON: the line ends too early",
            f"{path}:{len(lines) + 3}: the line is longer than any event",
            f"{path}:{len(lines) + 4}: the line holds no JSON object",
            f"{path}:{len(lines) + 5}: the line is longer than any event"]
    tap.ok(errors.splitlines() == ["pinsight: " + line for line in told],
           f"{case.name}: and told with file and line", errors.splitlines())
    path = case.write("noise.jsonl", b"noise\n" * 25)
    code, output, errors = case.run("-r", path)
    tap.ok(code == 4 and len(errors.splitlines()) == 11 and not output and
           errors.endswith("noise.jsonl: 15 more lines are broken\n"),
           f"{case.name}: many of them are told in few sentences", errors.splitlines())


def check_other_numbers(tap, case):
    """Another machine lists the same authority behind another one: its key tells which it is."""
    other = os.path.join(case.folder, "ca")
    mine = [case.options[i + 1] for i, word in enumerate(case.options)
            if word == "--inspection-ca"]
    others = [os.path.join(other, name) for name in sorted(os.listdir(other))
              if name.endswith(".pem") and os.path.join(other, name) not in mine]
    options = ["--inspection-ca", others[0]] + case.options
    path = case.write("events.jsonl", case.direct)
    code, output, errors = case.run("-r", path, options=options)
    tap.ok(code == 0 and output.splitlines() == alerts(case.direct),
           f"{case.name}: an authority is known by its key, not by its number", [errors])


def check_usage(tap, program):
    def run(*words):
        done = subprocess.run([program, *words], capture_output=True, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    code, output, _ = run("correlate", "--help")
    tap.ok(code == 0 and "pinsight correlate -r" in output, "correlate has its own help")
    tap.ok(run("correlate") == (2, "", "pinsight: nothing to read: give session events with -r; "
                                "--help tells more\n"), "without a file: exit 2 and why")
    tap.ok(run("correlate", "-r", "x", "tcp")[0] == 2, "a filter is no word of it")
    tap.ok(run("correlate", "-n", "1", "-r", "x")[0] == 2, "nor a number of packets")
    tap.ok(run("correlate", "-r", "/nonexistent") ==
           (4, "", "pinsight: /nonexistent: No such file or directory\n"),
           "a missing file is told, exit 4")
    tap.ok(run("corelate")[0] == 2, "an unknown verb: exit 2")


def main():
    tap = replay.Tap()
    program = sys.argv[1]
    check_usage(tap, program)
    with tempfile.TemporaryDirectory() as room:
        cases = [Case(program, path, room) for path in sys.argv[2:]]
        for case in cases:
            check_same(tap, case)
        for case in cases:
            if case.name == "pinned-go-sslsplit":
                check_inputs(tap, case)
                check_broken(tap, case)
                check_other_numbers(tap, case)
    return tap.end()


sys.exit(main())
