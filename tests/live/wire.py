"""A wire to test live capture on: two network namespaces and a veth pair between them.

Frames are put in at one end (tap0 of `sender`) and captured at the other (mon0 of `sensor`), where
nothing else is sent: IPv6 is off. All names have a prefix of their own and go at the end.
"""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

CLONE_NEWNET = 0x40000000
SO_SNDBUFFORCE = 32


def run(*words, check=True):
    return subprocess.run(words, check=check, capture_output=True)


def without_rights():
    """Why this cannot be tested here, or None."""
    missing = [tool for tool in ("ip", "tcpdump", "sysctl") if not shutil.which(tool)]
    if missing:
        return f"{' and '.join(missing)} missing"
    name = f"pinw{os.getpid()}"
    try:
        if run("ip", "netns", "add", name, check=False).returncode:
            return "network namespaces need root"
        made = run("ip", "-n", name, "link", "add", "veth0", "type", "veth", "peer",
                   "name", "veth1", check=False)
        return None if made.returncode == 0 else "no veth pairs here"
    finally:
        run("ip", "netns", "delete", name, check=False)


class Namespace:
    def __init__(self, name):
        self.name = name
        run("ip", "netns", "add", name)
        self("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
             "net.ipv6.conf.default.disable_ipv6=1")

    def __call__(self, *words, check=True):
        return run("ip", "netns", "exec", self.name, *words, check=check)

    def start(self, *words, **more):
        return subprocess.Popen(["ip", "netns", "exec", self.name, *words], **more)

    def link(self, *words):
        return run("ip", "-n", self.name, "link", *words)

    def enter(self):
        """This process lives there from now on."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/run/netns/{self.name}", encoding="ascii") as there:
            if libc.setns(there.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")

    def packet_socket(self, interface):
        """A socket of the namespace, which this process keeps though it lives elsewhere."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net", encoding="ascii") as here:
            self.enter()
            try:
                opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                opened.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 1 << 24)
                opened.bind((interface, 0))
            finally:
                libc.setns(here.fileno(), CLONE_NEWNET)
        return opened

    def delete(self):
        run("ip", "netns", "delete", self.name, check=False)


class Wire:
    def __init__(self, pairs=1):
        prefix = f"pin{os.getpid()}"
        self.sender, self.sensor = Namespace(f"{prefix}a"), Namespace(f"{prefix}b")
        self.sockets = {}
        for i in range(pairs):
            self.add_pair(i)

    def add_pair(self, i):
        self.sender.link("add", f"tap{i}", "mtu", "9000", "type", "veth", "peer", "name",
                         f"mon{i}", "mtu", "9000", "netns", self.sensor.name)
        self.sensor.link("set", f"mon{i}", "up")
        self.sender.link("set", f"tap{i}", "up")
        self.sockets[i] = self.sender.packet_socket(f"tap{i}")
        self.wait_for_carrier(i)

    def remove_pair(self, i):
        self.sockets.pop(i).close()
        self.sender.link("delete", f"tap{i}")

    def wait_for_carrier(self, i):
        for _ in range(500):
            said = json.loads(run("ip", "-j", "-n", self.sensor.name, "link", "show",
                                  f"mon{i}").stdout)
            if said[0]["operstate"] == "UP":
                return
            time.sleep(0.01)

    def send(self, frames, pair=0, pause=0.0, every=16):
        """Put frames in, `every` so many with a pause."""
        to = self.sockets[pair]
        for number, frame in enumerate(frames):
            to.send(frame)
            if pause and number % every == every - 1:
                time.sleep(pause)

    def enter(self):
        """To where the sensor is, with a loopback of its own."""
        self.sensor.link("set", "lo", "up")
        self.sensor.enter()

    def record(self, path, interface="mon0"):
        """tcpdump at the point where the sensor captures."""
        process = self.sensor.start("tcpdump", "-i", interface, "-s", "0", "-U", "-Z", "root",
                                    "-B", "65536",
                                    "--time-stamp-precision=nano", "-w", path,
                                    stderr=subprocess.PIPE)
        for line in process.stderr:
            if b"listening on" in line:
                break
        return process

    def close(self):
        for opened in self.sockets.values():
            opened.close()
        self.sender.delete()
        self.sensor.delete()


class Sensor:
    """A running pinsight."""

    def __init__(self, program, wire, *words):
        self.folder = tempfile.mkdtemp(prefix="pinsight-live-")
        self.program, self.output = program, os.path.join(self.folder, "events")
        self.control = os.path.join(self.folder, "control")
        self.errors = os.path.join(self.folder, "errors")
        with open(self.errors, "wb") as errors:
            self.process = wire.sensor.start(
                program, *words, "-o", self.output, "--set", f"stats.control={self.control}",
                "--state", os.path.join(self.folder, "state.db"), stderr=errors)

    def status(self):
        done = run(self.program, "status", "--json", "--control", self.control, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def source(self, name="mon0"):
        status = self.status() or {"sources": []}
        return next((s for s in status["sources"] if s["name"] == name), {})

    def wait_until(self, holds, seconds=20):
        """True when the status is so within the time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            status = self.status()
            if status and holds(status):
                return True
            time.sleep(0.05)
        return False

    def wait_until_up(self, name="mon0"):
        return self.wait_until(lambda status: any(s["name"] == name and s["up"]
                                                  for s in status["sources"]))

    def wait_for_frames(self, count, name="mon0", seconds=20):
        return self.wait_until(lambda status: any(s["name"] == name and s["frames"] >= count
                                                  for s in status["sources"]), seconds)

    def said(self):
        with open(self.errors, encoding="utf-8") as file:
            return file.read()

    def events(self):
        with open(self.output, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def stop(self, how=signal.SIGTERM, seconds=20):
        self.process.send_signal(how)
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def remove(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)
