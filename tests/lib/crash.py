"""Kill the program with -9 while it replays with a state database, start it again with the same
command, and compare what is in its output file with that of a run that nobody disturbed.

crash.py PROGRAM POINTS CAPTURE...
crash.py PROGRAM POINTS --config FILE CAPTURE

The captures are strung together to one story, whose clock also steps back. A point is one random
moment, or up to three in a row: of what went in so far (a pipe) or of the clock (a file, which
several workers read). The program then runs to its end. The whole file must be equal to the byte:
alerts, their revisions, session events, totals. With --config it is that capture alone, such as the
long story of tests/story, and the files are read by one worker or several.
"""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

from replay import Tap
import rewrite

GAP_S = 20
STEP_BACK_EVERY = 9
STEP_BACK_S = 3600


def merge(paths, target):
    """One capture after the other, each dated GAP_S behind the one before."""
    story, header, order, end = [], None, None, None
    for number, path in enumerate(sorted(paths)):
        header, order, packets = rewrite.read(path)
        begin = packets[0][0]
        start = begin if end is None else end + GAP_S
        if number % STEP_BACK_EVERY == STEP_BACK_EVERY - 1:
            start -= STEP_BACK_S
        story += [(p[0] - begin + start, *p[1:]) for p in packets]
        end = story[-1][0]
    rewrite.write(target, header, order, story)


class Case:
    """One command, whose output file and state are made anew for each point."""

    def __init__(self, program, words, story, folder, piped):
        self.command = [program, *words, "-r", "-" if piped else story]
        self.story = story
        self.folder = folder
        self.piped = piped
        self.length = os.path.getsize(story)
        begin = time.monotonic()
        self.wanted = self.finish("plain", with_state=False)
        self.seconds = time.monotonic() - begin

    def path(self, name):
        return os.path.join(self.folder, name)

    def words(self, name, with_state=True):
        words = [*self.command, "-o", self.path(name)]
        return words + (["--state", self.path(f"{name}.db")] if with_state else [])

    def run(self, name, with_state=True):
        with open(self.story, "rb") as story:
            return subprocess.run(self.words(name, with_state), check=False,
                                  stdin=story, capture_output=True)

    def finish(self, name, with_state=True):
        """Run to the end; what is in the file then, or why not."""
        done = self.run(name, with_state)
        if done.returncode != 0 or done.stderr:
            return f"exit {done.returncode}: {done.stderr.decode(errors='replace')}".encode()
        with open(self.path(name), "rb") as file:
            return file.read()

    def kill_by_bytes(self, name, chance):
        """Feed a part of the story, then kill."""
        with open(self.story, "rb") as file:
            part = file.read(chance.randrange(self.length))
        with subprocess.Popen(self.words(name), stdin=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as run:
            run.stdin.write(part)
            time.sleep(chance.random() * 0.004)
            run.send_signal(signal.SIGKILL)
            try:
                run.stdin.close()
            except BrokenPipeError:
                pass

    def kill_by_clock(self, name, chance):
        words = [*self.words(name), "-j", str(chance.choice((1, 3)))]
        with subprocess.Popen(words, stderr=subprocess.DEVNULL) as run:
            time.sleep(chance.random() * self.seconds)
            run.send_signal(signal.SIGKILL)

    def kill_some(self, name, chance):
        for _ in range(chance.choice((1, 1, 2, 3))):
            (self.kill_by_bytes if self.piped else self.kill_by_clock)(name, chance)

    def interrupt(self, name, chance):
        """Ask it to stop, as an operator does."""
        with open(self.story, "rb") as story, \
                subprocess.Popen(self.words(name), stdin=story, stderr=subprocess.DEVNULL) as run:
            time.sleep(chance.random() * self.seconds)
            run.send_signal(signal.SIGTERM)

    def sound(self, name):
        """The database was gone on with, never given up."""
        return not any(".set-aside" in entry for entry in os.listdir(self.folder)
                       if entry.startswith(name))

    def forget(self, name):
        for entry in os.listdir(self.folder):
            if entry.startswith(name):
                os.unlink(self.path(entry))


def alerts(data):
    found = []
    for line in data.splitlines():
        if b'"dataset":"pinsight.alert"' in line:
            event = json.loads(line)["pinsight"]
            found.append((event["alert_id"], event["revision"]))
    return found


def notes(wanted, found):
    if not found.startswith(b"{"):
        return [found.decode(errors="replace").strip()]
    lost = set(alerts(wanted)) - set(alerts(found))
    twice = len(alerts(found)) - len(set(alerts(found)))
    return [f"{len(wanted.splitlines())} lines wanted, {len(found.splitlines())} found; "
            f"{len(lost)} alerts lost, {twice} there twice"]


def check_points(tap, case, what, points):
    for number in range(points):
        chance, name = random.Random(f"{what} {number}"), f"point{number}"
        case.kill_some(name, chance)
        found = case.finish(name)
        tap.ok(found == case.wanted and case.sound(name),
               f"{what}: killed at point {number}, and nothing is lost or there twice",
               notes(case.wanted, found))
        case.forget(name)


def check_life(tap, case, what):
    """Without any kill, again when all is done, and after it was asked to stop."""
    found = case.finish("whole")
    tap.ok(found == case.wanted, f"{what}: a state database changes no byte",
           notes(case.wanted, found))
    again = case.run("whole")
    with open(case.path("whole"), "rb") as file:
        found = file.read()
    tap.ok(found == case.wanted and again.returncode == 0 and case.sound("whole"),
           f"{what}: the same command again adds nothing", notes(case.wanted, found))
    chance = random.Random(what)
    case.interrupt("stopped", chance)
    case.interrupt("stopped", chance)
    found = case.finish("stopped")
    tap.ok(found == case.wanted and case.sound("stopped"),
           f"{what}: stopped with TERM, the next run goes on", notes(case.wanted, found))
    case.forget("whole")
    case.forget("stopped")


def check_story(program, points, config, story):
    tap = Tap()
    options = ["-q", "--sessions=full", "-c", config]
    with tempfile.TemporaryDirectory(dir=os.path.dirname(story)) as scratch:
        case = Case(program, options, story, scratch, piped=False)
        tap.ok(len(alerts(case.wanted)) >= 15, f"the story has {len(alerts(case.wanted))} alerts")
        check_life(tap, case, "story")
        check_points(tap, case, "story", points)
    return tap.end()


def main():
    program, points, captures = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    if captures[0] == "--config":
        return check_story(program, points, *captures[1:])
    tap = Tap()
    folder = os.path.dirname(captures[0])
    options = ["-q", "--sessions=full", "--set", "inspection.segments[+]=10.20.0.0/24",
               "--set", "inspection.segments[+]=fd20::/64", "--set", "state.interval=10s"]
    for product in ("mitmproxy", "squid", "sslsplit"):
        options += ["--inspection-ca", f"{folder}/ca/inspection-{product}.pem"]
    with tempfile.TemporaryDirectory() as scratch:
        story = os.path.join(scratch, "story.pcap")
        merge(captures, story)
        case = Case(program, options, story, scratch, piped=False)
        tap.ok(len(alerts(case.wanted)) >= 15, "the story has alerts enough")
        check_life(tap, case, "file")
        check_points(tap, case, "file", points - points // 2)
        case = Case(program, options, story, scratch, piped=True)
        check_life(tap, case, "pipe")
        check_points(tap, case, "pipe", points // 2)
        records = os.path.join(scratch, "records.jsonl")
        os.rename(case.path("plain"), records)
        case = Case(program, ["correlate", *options], records, scratch, piped=True)
        check_life(tap, case, "correlate")
        check_points(tap, case, "correlate", points // 3)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
