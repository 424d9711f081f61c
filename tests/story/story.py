#!/usr/bin/env python3
"""A long story made of captured connections: story.py --seed N [--size full|small] [--blind] [-o FOLDER]

Many devices of one company live through some days. All that happens to them is planted here, so the
truth is known; every connection is a captured one of pcaps/ at another time, with other addresses and
names (see wire.py). Writes FOLDER/story.pcap, FOLDER/truth.json (what was planted, and of each
connection whether it was inspected) and FOLDER/pinsight.yaml (the authorities, the inspected networks
and the bypasses of that company).

The company has three sites behind inspection boxes, of which two are replaced by another product in
the middle of the story. On each device run some apps: most accept inspection, some have trust logic
of their own. Planted:

  onboarding      new devices refuse everything until the authority is installed
  pinned apps     one app on many devices, others on one device each
  update          a pinned app gives its pin up (one device after the other); others change their stack
  roaming         devices that change their address, and use versions 4 and 6 side by side; one of them
                  has a pinned app
  bypass added    a box lets a destination through that an app refused
  pin rotation    a site gets a new key, an app that pins the old one breaks, until it is updated
  unpinned site   a device reaches a private destination past the inspection, openly
  beacon          another does so in regular steps
"""
import argparse
import hashlib
import json
import os
import random

import wire

HOUR, DAY = 3600, 86400
BASE = 1795392000  # a Monday, 00:00 UTC
PCAPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "pcaps")
CAPTURES = """direct-by-policy no-authority-device no-inspection onboarded-device
    opaque-direct pinned-curl-squid pinned-curl-tls13 pinned-go-sslsplit pinned-go-tls13
    pinned-node-tls13 pinned-okhttp-tls13 pinned-python-tls12 refused-then-direct refused-then-spliced
    spliced-by-policy trusting-curl-squid trusting-curl-tls13 trusting-go-sslsplit trusting-go-tls13
    trusting-node-tls13 trusting-okhttp-tls13 trusting-python-tls12""".split()
WORDS = """alder amber anchor aster badge basil birch cedar cinder clover cobalt coral dahlia delta
    ember fennel flint garnet ginger harbor hazel indigo iris ivory jasper juniper kelp larch lilac
    linden lotus maple marble meadow mint nectar oak olive onyx opal orchid pearl pepper pine plum
    poppy quartz quince raven reed rowan ruby saffron sage sorrel spruce thistle thyme topaz tulip
    umber velvet violet walnut willow yarrow zinnia""".split()
# Boxes: the product, and the stacks that were captured behind it.
STACKS = {"mitmproxy": ("curl", "go", "node", "okhttp", "python"), "sslsplit": ("go", "python"),
          "squid-openssl": ("curl", "python")}
AUTHORITIES = {"mitmproxy": "inspection-mitmproxy.pem", "sslsplit": "inspection-sslsplit.pem",
               "squid-openssl": "inspection-squid.pem"}
SIZES = {"full": {"devices": 216, "days": 7, "sites": 64, "wakes": 3.2, "office": 60},
         "small": {"devices": 40, "days": 2, "sites": 34, "wakes": 2.5, "office": 32}}


class Stock:
    """Templates by what they show."""

    def __init__(self):
        self.templates = {}
        for template in wire.load(PCAPS, CAPTURES):
            flow = template.flow
            if flow["client"].startswith("["):
                continue  # a stack answers otherwise over version 6; frames() takes care of that
            direct = flow["inspected"] is False
            spliced = direct and "spliced" in flow["capture"]
            place = "spliced" if spliced else "direct" if direct else flow["product"]
            how = {"completed": "accepts", "device-untrusted-ca": "untrusting",
                   "rejected-in-handshake": "refuses", "rejected-post-handshake": "refuses"}
            old = template.certificate is not None
            key = (place, flow["client_impl"], how.get(flow["outcome"], "other"), old)
            if flow["client_mode"] == "noca" and key[2] == "refuses":
                key = (place, flow["client_impl"], "untrusting", old)
            self.templates.setdefault(key, []).append(template)

    def pick(self, rng, place, stack, how, old=False):
        return rng.choice(self.templates[place, stack, how, old])

    def has(self, place, stack, how, old=False):
        return (place, stack, how, old) in self.templates


class Site:
    """A destination on the network: where it is, how far away, and what its key is by time."""

    def __init__(self, rng, name, private=False):
        self.name, self.private = name, private
        second = rng.randrange(256)
        self.address = bytes([rng.choice((5, 23, 34, 45, 62, 77, 91, 104, 138, 151, 172, 185, 203)), second,
                              rng.randrange(256), rng.randrange(1, 255)])
        if self.address[0] == 172:
            self.address = bytes([173]) + self.address[1:]
        self.address6 = bytes([0x2a, rng.randrange(256), rng.randrange(256), second]) + bytes(
            rng.randrange(256) for _ in range(12))
        self.extra_us = rng.randrange(0, 90000)
        self.ttl = 64 - rng.randrange(6, 20)
        self.key = hashlib.sha256(f"key of {name}".encode()).digest()


class App:
    """A program: its stack, the cipher that its build lacks, and what it pins."""

    def __init__(self, name, stack, without=None, pins=()):
        self.name, self.stack, self.without, self.pins = name, stack, without, set(pins)


class Device:
    def __init__(self, number, segment, addresses):
        self.number, self.segment = number, segment
        self.addresses = addresses  # [(from, address)] by time
        self.mac = bytes([0x00, 0x00, 0x5e, 0x00, 0x53 + number // 256, number % 256])
        self.apps = []
        self.onboarded = 0
        self.since = 0
        self.port = 20000

    def address(self, at, rng):
        usable = [a for since, until, a in self.addresses if since <= at < until]
        return rng.choice(usable)


class Segment:
    def __init__(self, name, network, network6, boxes):
        self.name, self.network, self.network6, self.boxes = name, network, network6, boxes

    def box(self, at):
        return [product for since, product in self.boxes if since <= at][-1]


class Story:
    def __init__(self, seed, size, blind=False):
        self.rng = random.Random(seed)
        self.blind = blind
        self.size = SIZES[size]
        self.stock = Stock()
        self.end = self.size["days"] * DAY
        self.plan = []      # (at, device, app, site, how)
        self.events = []    # what was planted
        self.bypass = []
        self.spliced = []   # (from, site)
        self.flows = []
        self.make_places()
        self.make_devices()

    # ---- the company

    def make_places(self):
        rng = self.rng
        words = rng.sample(WORDS, len(WORDS))
        kinds = ["www", "api", "cdn", "img", "static", "login"]
        self.sites = [Site(rng, f"{rng.choice(kinds)}.{words[i % len(words)]}{i}.example")
                      for i in range(self.size["sites"])]
        upgrade = self.end * 4 // 7
        self.segments = [Segment("head office", "10.11", "fd11", [(0, "mitmproxy")]),
                         Segment("branch", "10.12", "fd12", [(0, "mitmproxy"), (upgrade, "sslsplit")]),
                         Segment("depot", "10.13", "fd13", [(0, "mitmproxy"),
                                                            (upgrade + DAY // 2, "squid-openssl")])]

    def make_devices(self):
        rng, self.devices = self.rng, []
        common = {stack: [App(f"{stack} {i}", stack, i if i else None) for i in range(3)]
                  for stack in STACKS["mitmproxy"]}
        for number in range(1, self.size["devices"] + 1):
            segment = self.segments[0 if number % 3 == 0 or number <= self.size["office"] else number % 3]
            products = {product for _, product in segment.boxes}
            stacks = [s for s in STACKS["mitmproxy"] if all(s in STACKS[p] for p in products)]
            first, second = map(int, segment.network.split("."))
            four = bytes([first, second, number // 250 + 1, number % 250 + 1])
            device = Device(number, segment, [(0, self.end, four)])
            device.apps = [rng.choice(common[stack])
                           for stack in rng.sample(stacks, min(len(stacks), rng.choice((2, 2, 3))))]
            device.four = four
            device.six = bytes.fromhex(segment.network6) + bytes(12) + number.to_bytes(2, "big")
            self.devices.append(device)
        self.free = self.devices[:]
        self.rng.shuffle(self.free)

    def take(self, count, office=True):
        """Devices that nothing was planted on yet; of the head office, whose box knows all stacks."""
        taken = [d for d in self.free if not office or d.segment is self.segments[0]][:count]
        for device in taken:
            self.free.remove(device)
        if len(taken) < count:
            raise SystemExit("story.py: the company has too few devices for all that is planted")
        return taken

    def event(self, kind, types, devices, site, since, until, **more):
        self.events.append(dict(kind=kind, types=types, devices=[self.names(d) for d in devices],
                                destination=site.name if site else None, since=since, until=until, **more))

    def names(self, device):
        return sorted({wire.text_of(a) for _, _, a in device.addresses})

    # ---- what devices do

    def wake(self, device, at, refusing=None, count=None):
        """Somebody uses the device for a while: several apps, several sites; one app may refuse."""
        rng = self.rng
        for _ in range(count or rng.randrange(3, 7)):
            self.plan.append((at + rng.uniform(0, 240), device, rng.choice(device.apps),
                              self.sites[min(int(rng.expovariate(1 / 12)), len(self.sites) - 1)], "uses"))
        if refusing:
            app, site = refusing
            step = at + rng.uniform(5, 20)
            for _ in range(rng.randrange(4, 6)):
                self.plan.append((step, device, app, site, "pins"))
                last, step = step, step + rng.uniform(4, 40)
            for i in range(4):
                self.plan.append((step + i * rng.uniform(0.6, 2), device, rng.choice(device.apps),
                                  self.sites[i], "uses"))
            return last
        return at

    def live(self):
        """Ordinary days of all."""
        for device in self.devices:
            for day in range(self.size["days"]):
                for _ in range(max(1, int(self.rng.gauss(self.size["wakes"], 1)))):
                    at = day * DAY + self.rng.uniform(7 * HOUR, 21 * HOUR)
                    if at >= device.since:
                        self.wake(device, at)

    def private_site(self, name):
        return Site(self.rng, name, private=True)

    def times(self, since, until, every):
        at = since + self.rng.uniform(0, every / 4)
        while at < until:
            yield at
            at += every * self.rng.uniform(0.7, 1.3)

    def pinned_app(self, kind, devices, stack, without, name, since=0.0, until=1.0, every=8 * HOUR):
        """`devices` use one app that refuses inspection of its site."""
        site = Site(self.rng, name)
        app = App(f"{name} app", stack, without, [name])
        first, last = since * self.end + HOUR, until * self.end - HOUR
        for device in devices:
            for at in self.times(first, last, every):
                self.wake(device, at, (app, site))
        return site, app, first, last

    def plant(self):
        few = self.size["devices"] < 100
        part = self.end / 7
        # One app on many devices: one alert for the fleet.
        devices = self.take(6 if few else 9)
        site, _, first, last = self.pinned_app("pinned", devices, "okhttp", 7, "api.ledgerbank.example")
        self.event("pinned app on many devices", ["pinning_suspected"], devices, site, first, last)
        # One app each on one device.
        for i, (stack, name) in enumerate((("curl", "sync.notary.example"), ("go", "gate.fleetops.example"))):
            devices = self.take(1)
            site, _, first, last = self.pinned_app("pinned", devices, stack, 8 + i, name)
            self.event("pinned app", ["pinning_suspected"], devices, site, first, last)
        self.plant_roaming(part)
        self.plant_update(part, few)
        self.plant_bypass(part)
        if not self.blind:
            self.plant_rotation(part, few)
        self.plant_direct(part)
        self.plant_onboarding(part, few)
        self.live()

    def plant_roaming(self, part):
        devices = self.take(3)
        for i, device in enumerate(devices):
            moved = bytes([device.four[0], device.four[1], 200, 10 + i])
            change = 3 * part
            device.addresses = [(0, change, device.four), (change, self.end, moved), (0, self.end, device.six)]
        site, _, first, last = self.pinned_app("roaming", devices[:1], "node", 5, "auth.roamer.example",
                                               every=6 * HOUR)
        self.event("pinned app on a roaming device", ["pinning_suspected"], devices[:1], site, first, last)

    def plant_update(self, part, few):
        """An app that pinned gives the pin up; its fingerprint stays."""
        devices = self.take(1)
        site, app, first, last = self.pinned_app("update", devices, "go", 11, "api.tracker.example",
                                                 until=3 / 7, every=5 * HOUR)
        self.event("pinned app, later updated", ["pinning_suspected"], devices, site, first, last)
        unpinned = App(app.name, app.stack, app.without)
        changed = 3.3 * part
        for device in devices:
            for at in self.times(changed, self.end - HOUR, 4 * HOUR):
                self.wake(device, at)
                for i in range(3):
                    self.plan.append((at + 20 + 5 * i, device, unpinned, site, "uses"))
        self.event("an app gives its pin up", ["pinning_removed"], devices, site, changed, self.end)
        # An update changes the stack of an ordinary app: another fingerprint, nothing else.
        for device in self.take(2 if few else 6):
            device.updates = (3 * part, App("updated", device.apps[0].stack, 15))

    def plant_bypass(self, part):
        devices = self.take(1)
        site, app, first, last = self.pinned_app("bypass", devices, "go", 12, "api.courier.example",
                                                 since=1 / 7, until=1.35 / 7, every=2 * HOUR)
        refused = self.wake(devices[0], last + 600, (app, site))
        self.spliced.append((refused + 5, site))
        for i in range(6):
            self.plan.append((refused + 20 + 20 * i, devices[0], app, site, "pins"))
        for at in self.times(last + HOUR, self.end - HOUR, 8 * HOUR):
            self.wake(devices[0], at)
            self.plan.append((at + 30, devices[0], app, site, "pins"))
        self.event("a box lets a refused destination through", ["refused_then_direct"], devices, site, first,
                   self.end)

    def plant_rotation(self, part, few):
        """A destination past the inspection by policy; one app pins its key, others do not."""
        site = Site(self.rng, "id.passport.example")
        self.bypass.append(site.name)
        rotated, mended = 3 * part, 5.2 * part
        pinning, others = self.take(5 if few else 7), self.take(3)
        app, mended_app = App("passport app", "python", 3, [site.name]), App("passport app 2", "python", 4)
        browser = App("browser", "go", 6)
        for device in pinning:
            for at in self.times(HOUR, self.end - HOUR, 5 * HOUR):
                self.wake(device, at)
                broken = rotated <= at < mended
                used = mended_app if at >= mended else app
                for i in range(4 if broken else 1):
                    self.plan.append((at + 15 + 20 * i, device, used, site, "genuine refused" if broken else "genuine"))
        for device in others:
            for at in self.times(HOUR, self.end - HOUR, 5 * HOUR):
                self.wake(device, at)
                self.plan.append((at + 15, device, browser, site, "genuine"))
        site.rotated = rotated
        self.event("a pin breaks when a site's key changes", ["pin_rotation_breakage"], pinning, site, rotated,
                   mended)

    def plant_direct(self, part):
        device, beaconing = self.take(2)
        app = App("sync tool", "go", 2)
        site = self.private_site("relay.private-sync.example")
        first = 1.4 * part
        for at in self.times(first, self.end - HOUR, 7 * HOUR):
            self.wake(device, at)
            for _ in range(4):
                # As people click: now and then soon after, now and then much later.
                at += 6 + min(self.rng.lognormvariate(3.4, 1.3), 400)
                self.plan.append((at, device, app, site, "direct"))
        self.event("a private destination past the inspection", ["opaque_direct"], [device], site, first,
                   self.end)
        app = App("implant", "go", 10)
        site = self.private_site("")
        first, last = 2.2 * part, min(2.2 * part + DAY, self.end - HOUR)
        at = first
        while at < last:
            self.plan.append((at, beaconing, app, site, "direct"))
            at += 900 * self.rng.uniform(0.93, 1.07)
        self.event("a beacon", ["opaque_direct_beacon"], [beaconing], site, first, last)

    def plant_onboarding(self, part, few):
        devices = self.take(3 if few else 5)
        for device in devices:
            device.since = (1 + self.rng.uniform(0.3, 0.5)) * part
            device.onboarded = device.since + 5 * HOUR
            device.apps = [App("curl 0", "curl"), App("go 0", "go")]
            for i in range(4):
                self.wake(device, device.since + i * HOUR, count=6)
            for i in range(3):
                self.wake(device, device.onboarded + i * HOUR)
            self.event("a new device lacks the authority", ["device_not_onboarded", "app_ca_untrusted"], [device],
                       None, device.since, device.onboarded)

    # ---- from plan to packets

    def choose(self, at, device, app, site, how):
        """(place, how, old): which template shows it."""
        rng, box = self.rng, device.segment.box(at)
        if how.startswith("genuine"):
            return "direct", "accepts", True
        if how == "direct":
            return "direct", "accepts", False
        if how == "pins":
            if any(since <= at and spliced is site for since, spliced in self.spliced):
                return "spliced", "accepts", False
            for kind in ("refuses", "untrusting"):
                if self.stock.has(box, app.stack, kind):
                    return box, kind, False
        if at < device.onboarded:
            return box, "untrusting", False
        old = box == "mitmproxy" and app.stack == "python" and not self.blind and rng.random() < 0.3
        return box, "accepts", old

    def connection(self, at, device, app, site, how):
        rng = self.rng
        if at >= getattr(device, "updates", (self.end,))[0] and app is device.apps[0]:
            app = device.updates[1]
        place, kind, old = self.choose(at, device, app, site, how)
        stack, change = app.stack, {}
        if place == "direct" and how.startswith("genuine"):
            template, change["chain"] = self.genuine(at, app, site, how)
        else:
            template = self.stock.pick(rng, place, stack, kind, old)
        address = device.address(at, rng)
        device.port = 20000 + (device.port - 19999) % 40000
        change.update(name=site.name, random=rng.randbytes(32), without=app.without)
        if place == "direct":
            change.update(extra_us=site.extra_us, ttl=site.ttl)
        far = site.address if len(address) == 4 else site.address6
        gateway = bytes([0, 0, 0x5e, 0, 0x53, 0])
        self.flows.append(dict(at=at, client=wire.text_of(address), port=device.port,
                               server=wire.text_of(far), name=site.name, inspected=place in STACKS,
                               how=how, app=app.name))
        return wire.frames(template, int((BASE + at) * 1e6), (device.mac, address, device.port),
                           (gateway, far, 443), change)

    def genuine(self, at, app, site, how):
        """TLS 1.2 past the inspection, with the site's certificate of the time."""
        stock = self.stock
        shown = stock.templates["direct", "python", "accepts", True][0]
        chain = wire.chain_of(shown)
        key = site.key if at < site.rotated else hashlib.sha256(site.key).digest()
        chain[0] = wire.with_key(chain[0], key)
        if how == "genuine refused":
            return stock.pick(self.rng, "mitmproxy", "python", "untrusting", True), chain
        return stock.pick(self.rng, "direct", app.stack, "accepts", True), chain

    def write(self, folder):
        self.plan.sort(key=lambda step: (step[0], step[1].number))
        self.plan = [step for step in self.plan if step[1].since <= step[0] < self.end - 60]
        os.makedirs(folder, exist_ok=True)
        with wire.Writer(os.path.join(folder, "story.pcap")) as out:
            for step in self.plan:
                # A connection lasts some minutes at most: what is older is in order.
                out.flush(int((BASE + step[0]) * 1e6))
                out.add(self.connection(*step))
        authorities = sorted({AUTHORITIES[p] for s in self.segments for _, p in s.boxes})
        with open(os.path.join(folder, "pinsight.yaml"), "w") as file:
            file.write("inspection:\n  trust_model: ios_managed\n  authorities:\n")
            file.writelines(f"    - file: {os.path.abspath(PCAPS)}/ca/{name}\n" for name in authorities)
            file.write("  segments:\n")
            file.writelines(f'    - "{s.network}.0.0/16"\n    - "{s.network6}::/16"\n' for s in self.segments)
            file.write("  bypass:\n")
            file.writelines(f'    - "{name}"\n' for name in self.bypass)
        with open(os.path.join(folder, "truth.json"), "w") as file:
            json.dump({"base": BASE, "devices": len(self.devices), "events": self.events, "flows": self.flows},
                      file)
            file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--blind", action="store_true", help="TLS 1.3 alone: no certificate is ever seen")
    parser.add_argument("-o", default="build/story")
    args = parser.parse_args()
    story = Story(args.seed, args.size, args.blind)
    story.plant()
    story.write(args.o)
    print(f"{args.o}: {len(story.devices)} devices, {len(story.flows)} connections, {len(story.events)} events")


if __name__ == "__main__":
    main()
