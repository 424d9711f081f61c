"""Run the program on a capture with the configuration that its label names, and write TAP."""
import json
import subprocess


class Tap:
    def __init__(self):
        self.number = 0
        self.failed = 0

    def skip(self, sentence, why):
        self.number += 1
        print(f"ok {self.number} - {sentence} # SKIP {why}", flush=True)

    def ok(self, held, sentence, notes=()):
        self.number += 1
        print(f"{'ok' if held else 'not ok'} {self.number} - {sentence}", flush=True)
        if not held:
            self.failed += 1
            for note in notes:
                print(f"# {note}")

    def end(self):
        print(f"1..{self.number}")
        return 1 if self.failed or not self.number else 0


def options(label, folder):
    """The label's configuration as options; files are named as seen from the label's folder."""
    inspection = label["configuration"]["inspection"]
    words = ["-q"]
    for authority in inspection.get("authorities", []):
        words += ["--inspection-ca", f"{folder}/{authority['file']}"]
    for key in ("segments", "bypass", "proxies"):
        for value in inspection.get(key, []):
            words += ["--set", f"inspection.{key}[+]={value}"]
    return words


def output(program, label, folder, capture, *more):
    """The bytes that the program prints for the capture."""
    command = [program, *options(label, folder), "-r", capture, *more]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0 or done.stderr:
        raise SystemExit(f"Bail out! {' '.join(command)}: exit {done.returncode}: "
                         f"{done.stderr.decode(errors='replace')}")
    return done.stdout


def run(program, label, folder, capture, *more):
    """The events that the program prints for the capture."""
    return [json.loads(line) for line in
            output(program, label, folder, capture, *more).splitlines()]
