"""Reload and privileges of a running program: reload.py PROGRAM. Writes TAP."""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import replay
import sinks

PATIENCE_S = 20
NOBODY = "65534"


class Run:
    """The program on what comes through a pipe, with a configuration in a file."""

    def __init__(self, suite, name, settings, *words, inputs=("-r", "-"), verb=()):
        self.suite = suite
        self.folder = os.path.join(suite.folder, name)
        os.makedirs(self.folder, exist_ok=True)
        self.config = os.path.join(self.folder, "pinsight.yaml")
        self.output = os.path.join(self.folder, "events.jsonl")
        self.errors = os.path.join(self.folder, "errors")
        self.write(settings)
        for name in suite.certificates:
            shutil.copy(name, self.folder)
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                [suite.program, *verb, "-c", self.config, *inputs, "-o", self.output, *words],
                stdin=subprocess.PIPE, stderr=errors)
        self.feed([] if verb else [suite.header])
        wait(lambda: os.path.exists(self.output))  # it takes signals by then

    def write(self, settings):
        """In place of the old one, as editors do."""
        with open(self.config + ".new", "w", encoding="utf-8") as file:
            file.write(settings)
        os.rename(self.config + ".new", self.config)

    def feed(self, pieces):
        self.process.stdin.write(b"".join(pieces))
        self.process.stdin.flush()

    def said(self):
        with open(self.errors, encoding="utf-8", errors="replace") as file:
            return file.read()

    def events(self, path=None):
        with open(path or self.output, encoding="utf-8") as file:
            return [json.loads(line) for line in file.read().split("\n")[:-1]]

    def configs(self):
        paths = sorted(glob.glob(self.output + ".*")) + [self.output]
        return [event for path in paths for event in self.events(path)
                if event["event"]["dataset"] == "pinsight.config"]

    def alerts(self, path=None):
        return [event["event"]["id"] for event in self.events(path)
                if event["event"]["kind"] == "alert"]

    def hang_up(self, until):
        self.process.send_signal(signal.SIGHUP)
        return wait(until)

    def status(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return dict(line.rstrip("\n").split(":", 1) for line in file)

    def end(self):
        self.process.stdin.close()
        return self.process.wait()


def wait(until):
    for _ in range(PATIENCE_S * 50):
        if until():
            return True
        time.sleep(0.02)
    return False


class Suite:
    def __init__(self, program):
        self.program = program
        self.tap = replay.Tap()
        self.folder = tempfile.mkdtemp(prefix="pinsight-reload-")
        self.header, self.pieces = sinks.load_captures()
        self.certificates = []
        self.settings = "inspection:\n  authorities:\n"
        words = sinks.configuration()
        for word in words:
            if word.endswith(".pem"):
                self.certificates.append(word)
                self.settings += f"    - file: {os.path.basename(word)}\n"
        self.settings += "  segments:\n" + "".join(
            f"    - {word.partition('=')[2]}\n" for word in words if "segments" in word)
        self.plain = []

    # ---- reload

    def test_plain(self):
        run = Run(self, "plain", self.settings)
        run.feed(self.pieces)
        code = run.end()
        self.plain = run.alerts()
        self.tap.ok(code == 0 and len(self.plain) > 20 and not run.configs(),
                    "a run without reload tells of no configuration", [run.said()])

    def test_same(self):
        """Reloads change nothing: state of flows and detection stays."""
        run = Run(self, "same", self.settings)
        step = max(1, len(self.pieces) // 40)
        for at in range(0, len(self.pieces), step):
            run.feed(self.pieces[at:at + step])
            run.process.send_signal(signal.SIGHUP)
            time.sleep(0.02)
        wait(lambda: run.configs())
        code = run.end()
        configs = [event["pinsight"]["config"] for event in run.configs()]
        self.tap.ok(code == 0 and not run.said(), "reloads in the middle", [run.said()])
        self.tap.ok(len(configs) > 3 and [c["generation"] for c in configs]
                    == list(range(2, len(configs) + 2)),
                    f"each of {len(configs)} has its number, several signals may be one reload")
        self.tap.ok(len({c["sha256"] for c in configs}) == 1
                    and re.fullmatch("[0-9a-f]{64}", configs[0]["sha256"]),
                    "the same configuration has the same digest", configs)
        self.tap.ok(run.alerts() == self.plain, "and the alerts are those of the plain run",
                    [f"{len(run.alerts())} of {len(self.plain)}"])

    def test_workers(self):
        """The same with several threads, on a file."""
        capture = os.path.join(self.folder, "all.pcap")
        with open(capture, "wb") as file:
            file.write(self.header + b"".join(self.pieces))
        config = os.path.join(self.folder, "plain", "pinsight.yaml")
        output = os.path.join(self.folder, "workers.jsonl")
        process = subprocess.Popen([self.program, "-q", "-c", config, "-r", capture, "-j", "3",
                                    "-o", output], stderr=subprocess.PIPE)
        wait(lambda: os.path.exists(output))
        while process.poll() is None:
            process.send_signal(signal.SIGHUP)
            time.sleep(0.01)
        with open(output, encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        alerts = [e["event"]["id"] for e in events if e["event"]["kind"] == "alert"]
        self.tap.ok(process.returncode == 0 and alerts == self.plain,
                    "reloads under three workers change no alert",
                    [process.returncode, process.stderr.read().decode(), len(alerts)])
        process.stderr.close()

    def test_change(self):
        """An authority that comes with a reload is known from then on, and one that leaves is not."""
        run = Run(self, "change", "inspection: {}\n", "-q")
        half = len(self.pieces) // 2
        run.feed(self.pieces[:half])
        time.sleep(0.3)
        run.write(self.settings)
        came = run.hang_up(lambda: run.configs())
        before = len(run.alerts())
        run.feed(self.pieces[half:])
        code = run.end()
        self.tap.ok(code == 0 and came and len(run.alerts()) > before,
                    f"authorities that come: {before} alerts before, {len(run.alerts())} at the end",
                    [run.said()])
        run = Run(self, "leave", self.settings, "-q")
        run.feed(self.pieces[:half])
        time.sleep(0.3)
        first = run.alerts()
        run.write("inspection: {}\n")
        left = run.hang_up(lambda: run.configs())
        run.feed(self.pieces[half:])
        code = run.end()
        # Without them, other alerts: who forges certificates is a stranger now.
        self.tap.ok(code == 0 and left and first and first == self.plain[:len(first)]
                    and set(self.plain) - set(run.alerts()),
                    f"and that leave: {len(set(self.plain) - set(run.alerts()))} alerts do not come",
                    [run.said()])

    def test_invalid(self):
        run = Run(self, "invalid", self.settings)
        run.feed(self.pieces[:len(self.pieces) // 2])
        run.write(self.settings + "no_such_key: 1\n")
        line = self.settings.count("\n") + 1
        said = f"reload: the old configuration stays: {run.config}:{line}: "
        self.tap.ok(run.hang_up(lambda: said in run.said()),
                    "an invalid one: the old stays, with file and line", [run.said()])
        run.write(self.settings.replace("file: inspection", "file: not-there", 1))
        self.tap.ok(run.hang_up(lambda: "not-there" in run.said()), "a file that is missing",
                    [run.said()])
        run.write(self.settings + "limits: {devices: 5000}\noutput: {informational: yes}\n")
        self.tap.ok(run.hang_up(lambda: run.configs())
                    and "what changed in limits takes effect at the next start" in run.said()
                    and "what changed in output takes effect" in run.said(),
                    "what cannot change is said", [run.said()])
        run.feed(self.pieces[len(self.pieces) // 2:])
        self.tap.ok(run.end() == 0 and run.alerts() == self.plain,
                    "and no alert is lost by any of it")

    def test_files(self):
        """A rename and a HUP begin a new file."""
        run = Run(self, "files", self.settings)
        half = len(self.pieces) // 2
        run.feed(self.pieces[:half])
        wait(lambda: os.path.getsize(run.output) > 0)
        old = run.output + ".1"
        os.rename(run.output, old)
        came = run.hang_up(lambda: os.path.exists(run.output))
        run.feed(self.pieces[half:])
        code = run.end()
        alerts = [e["event"]["id"] for e in run.events(old) + run.events()
                  if e["event"]["kind"] == "alert"]
        self.tap.ok(code == 0 and came and alerts == self.plain, "HUP goes on with a new file",
                    [run.said()])

    def test_correlate(self):
        """Detection alone, from the sessions of the plain run."""
        made = Run(self, "sessions", self.settings, "-q", "--sessions=full")
        made.feed(self.pieces)
        made.end()
        with open(made.output, "rb") as file:
            lines = [line for line in file if b'"kind":"alert"' not in line]
        half = len(lines) // 2
        run = Run(self, "correlate", self.settings, verb=("correlate",))
        run.feed(lines[:half])
        run.write(self.settings + "no_such_key: 1\n")
        told = run.hang_up(lambda: "reload: the old configuration stays: " in run.said())
        old = run.output + ".1"
        os.rename(run.output, old)
        run.write(self.settings)
        came = run.hang_up(lambda: os.path.exists(run.output) and run.configs())
        run.process.send_signal(signal.SIGUSR1)
        run.feed(lines[half:])
        code = run.end()
        self.tap.ok(code == 0 and told and came and run.alerts(old) + run.alerts() == self.plain,
                    "correlate reloads all or nothing, goes on with a new file and loses no alert",
                    [code, told, came, run.said()])
        self.tap.ok([event["pinsight"]["config"]["generation"] for event in run.configs()] == [2],
                    "tells which configuration is in effect", run.configs())
        self.tap.ok([event["event"]["dataset"] for event in run.events()].count("pinsight.stats")
                    == 1, "and counters when it is asked for them")
        run = Run(self, "correlate-leave", self.settings, "-q", verb=("correlate",))
        run.feed(lines[:half])
        run.write("inspection: {}\n")
        left = wait(run.alerts) and run.hang_up(run.configs)
        run.feed(lines[half:])
        code = run.end()
        kinds = [event["event"]["dataset"] for event in run.events()]
        first = run.alerts()[:kinds.index("pinsight.config")] if left else []
        self.tap.ok(code == 0 and first and first == self.plain[:len(first)]
                    and set(self.plain) - set(run.alerts()),
                    "and judges by what it has read, from there on", [run.said()])

    # ---- privileges

    def is_root(self, sentence):
        if os.geteuid() == 0 and "coverage" not in self.program:
            return True
        self.tap.ok(True, f"{sentence} # SKIP only root can drop privileges")
        return False

    def check_status(self, run, user, sentence):
        wait(lambda: run.status()["Seccomp"].strip() == "2")
        status = run.status()
        found = {key: status[key].split() for key in
                 ("Uid", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp")}
        self.tap.ok(found["Uid"][:3] == [user] * 3
                    and all(int(found[key][0], 16) == 0 for key in found if key.startswith("Cap"))
                    and found["NoNewPrivs"] == ["1"] and found["Seccomp"] == ["2"],
                    sentence, [found, run.said()])

    def test_privileges(self):
        if not self.is_root("privileges"):
            return
        run = Run(self, "root", self.settings)
        self.check_status(run, NOBODY, "a replay that root starts goes on as nobody")
        run.end()
        run = Run(self, "same-root", self.settings, "--user", "root")
        self.check_status(run, "0", "root without capabilities, if wanted")
        run.end()

    def test_live(self):
        """The same on an interface, where a right to packet sockets is left."""
        if not self.is_root("live"):
            return
        run = Run(self, "live", self.settings, "-q", "--set", "state.path=:memory:",
                  "--set", f"stats.control={self.folder}/live/control", inputs=("-i", "lo"))
        first = wait(run.configs)
        status = run.status()
        self.tap.ok(first and status["Uid"].split()[0] != "0" and status["Seccomp"].strip() == "2"
                    and [status[key].strip() for key in ("CapEff", "CapPrm", "CapBnd")]
                    == ["0000000000002000", "0000000000002000", "0000000000000000"],
                    "live CAP_NET_RAW is all that is left", [status, run.said()])
        again = run.hang_up(lambda: len(run.configs()) > 1)
        self.tap.ok(again and [e["pinsight"]["config"]["generation"] for e in run.configs()]
                    == [1, 2], "the configuration of the start is told, and that of a reload",
                    [run.said()])
        run.process.send_signal(signal.SIGTERM)
        self.tap.ok(run.end() == 0, "and it ends well", [run.said()])

    def test_named_user(self):
        """In folders of its own, below one that everybody may enter."""
        if not self.is_root("a named user"):
            return
        folder = os.path.join(self.folder, "named")
        os.mkdir(folder)
        os.chmod(self.folder, 0o755)
        os.chown(folder, int(NOBODY), int(NOBODY))
        run = Run(self, "named", self.settings, "--user", "nobody", "--set",
                  "output.rotate.size=64KiB", "--sessions", 
                  "--set", f"state.path={folder}/state.db")
        self.check_status(run, NOBODY, "a named user")
        with open(f"/proc/{run.process.pid}/status", encoding="ascii") as file:
            self.tap.ok(re.search(r"^Uid:\s+(65534\s*){4}$", file.read(), re.M),
                        "whose access to files is its own as well")
        run.feed(self.pieces)
        came = run.hang_up(lambda: run.configs())
        code = run.end()
        files = [name for name in os.listdir(folder) if name.startswith("events.jsonl")]
        self.tap.ok(code == 0 and came and len(files) > 2 and os.path.exists(f"{folder}/state.db"),
                    f"reload, rotation ({len(files)} files) and database go on working",
                    [run.said()])
        self.tap.ok(os.stat(f"{folder}/state.db").st_uid == int(NOBODY)
                    and os.stat(run.output).st_uid == int(NOBODY), "its files are its own")
        os.chmod(self.folder, 0o700)

    def test_refused(self):
        if not self.is_root("a user who may not write"):
            return
        folder = os.path.join(self.folder, "closed")
        os.mkdir(folder)
        done = subprocess.run([self.program, "-r", "-", "-o", f"{folder}/events", "--user", "nobody",
                               "--set", "output.rotate.size=1MiB"], input=b"",
                              capture_output=True, check=False)
        said = done.stderr.decode()
        self.tap.ok(done.returncode == 3 and
                    f"output.path: user nobody may not write to the folder {folder}" in said,
                    "who may not write where he has to is refused at the start", [said])


def main(program):
    suite = Suite(os.path.abspath(program))
    try:
        for name in [name for name in Suite.__dict__ if name.startswith("test_")]:
            getattr(suite, name)()
    finally:
        shutil.rmtree(suite.folder)
    return suite.tap.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
