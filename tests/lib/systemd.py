"""The systemd units, and what the program tells: systemd.py PROGRAM. Writes TAP."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import replay
import sinks

UNITS = ("pinsight.service", "pinsight@.service")
EXPOSURE_MOST = 1.8


def check_units(tap):
    if not shutil.which("systemd-analyze"):
        tap.ok(True, "units # SKIP systemd-analyze is missing")
        return
    for unit in UNITS:
        done = subprocess.run(["systemd-analyze", "security", "--offline=true",
                               f"contrib/systemd/{unit}"], capture_output=True, check=False)
        found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout.decode())
        tap.ok(found and float(found.group(1)) <= EXPOSURE_MOST,
               f"{unit} leaves at most {EXPOSURE_MOST} exposed", [done.stdout[-300:], done.stderr])


class Listener:
    """Stands in for systemd."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name)
        self.socket.settimeout(20)
        os.chmod(name, 0o777)

    def wait_for(self, word):
        """All that was told until a message has the word; None: it never came."""
        told = []
        try:
            while not told or word not in told[-1]:
                told.append(self.socket.recv(4096).decode())
        except socket.timeout:
            return None
        return told


def check_notify(tap, program, folder):
    header, pieces = sinks.load_captures()
    name = os.path.join(folder, "notify")
    listener = Listener(name)
    environment = dict(os.environ, NOTIFY_SOCKET=name, WATCHDOG_USEC="900000")
    with subprocess.Popen([program, "-q", "-r", "-", "-o", "/dev/null"], env=environment,
                          stdin=subprocess.PIPE) as process:
        tap.ok(listener.wait_for("READY=1") == ["READY=1"], "READY first")
        process.stdin.write(header + b"".join(pieces[:2000]))
        process.stdin.flush()
        told = listener.wait_for("WATCHDOG=1")
        tap.ok(told and re.search(r"WATCHDOG=1\nSTATUS=\d+ sessions, ", told[-1]),
               "the watchdog is fed while the input is silent", [told])
        process.send_signal(signal.SIGHUP)
        told = listener.wait_for("RELOADING=1")
        tap.ok(told and re.search(r"RELOADING=1\nMONOTONIC_USEC=\d+", told[-1]), "RELOADING")
        told = listener.wait_for("READY=1")
        tap.ok(told and told[-1] == "READY=1", "and READY again", [told])
        process.send_signal(signal.SIGTERM)
        tap.ok(listener.wait_for("STOPPING=1"), "STOPPING")
        tap.ok(process.wait() == 0, "and the end")
    environment["NOTIFY_SOCKET"] = os.path.join(folder, "nobody")
    done = subprocess.run([program, "-r", "-", "-o", "/dev/null"], env=environment, input=header,
                          capture_output=True, check=False)
    tap.ok(done.returncode == 0 and b"systemd is told nothing" in done.stderr,
           "nobody listens: said, and no reason to end", [done])


def main(program):
    tap = replay.Tap()
    folder = tempfile.mkdtemp(prefix="pinsight-systemd-")
    try:
        check_units(tap)
        check_notify(tap, os.path.abspath(program), folder)
    finally:
        shutil.rmtree(folder)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
