"""Makes the vectors of this folder: `python3 make.py`, in this folder. It needs nothing but the standard library.

Written from docs/formats/sse-c-key-ring.md, without a look at the code in Rust: HKDF, AES and GCM are spelled out here.
Nothing that is secret may ever go through this: it is slow, and it takes no care of what can be measured.
"""

import base64
import copy
import hashlib
import hmac
import json
import struct

FORMAT = "crypto-envelope sse-c key ring"
OBJECT_LABEL = b"crypto-envelope sse-c object key v1"
MAC_LABEL = b"crypto-envelope sse-c key ring mac v1"
NAMESPACE, NAME = "vectors", "key-1"


def drawn(label, length):
    """What would be random."""
    return hashlib.sha256(b"sse-c key ring vectors: " + label.encode()).digest()[:length]


def hkdf(secret, info, length=32):
    pseudo_random = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    out, block = b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.new(pseudo_random, block + info + bytes([number]), hashlib.sha256).digest()
        out += block
    return out[:length]


def lp(part):
    part = part.encode() if isinstance(part, str) else part
    return struct.pack(">H", len(part)) + part


def object_key(root, bucket, name):
    return hkdf(root, OBJECT_LABEL + lp(bucket) + lp(name))


def serialized(pairs):
    pairs = sorted((key.encode(), value.encode()) for key, value in pairs.items())
    return struct.pack(">H", len(pairs)) + b"".join(lp(k) + lp(v) for k, v in pairs) if pairs else b""


# AES-256-GCM (FIPS 197, SP 800-38D).


def times(a, b):
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def sbox():
    box = []
    for value in range(256):
        inverse = next((other for other in range(256) if times(value, other) == 1), 0)
        rotated = [((inverse << n) | (inverse >> (8 - n))) & 0xFF for n in range(5)]
        box.append(rotated[0] ^ rotated[1] ^ rotated[2] ^ rotated[3] ^ rotated[4] ^ 0x63)
    return box


SBOX = sbox()


def round_keys(key):
    words = [list(key[i : i + 4]) for i in range(0, 32, 4)]
    constant = 1
    for index in range(8, 60):
        word = list(words[-1])
        if index % 8 == 0:
            word = [SBOX[byte] for byte in word[1:] + word[:1]]
            word[0] ^= constant
            constant = times(constant, 2)
        elif index % 8 == 4:
            word = [SBOX[byte] for byte in word]
        words.append([a ^ b for a, b in zip(words[-8], word)])
    return [sum(words[i : i + 4], []) for i in range(0, 60, 4)]


def aes(keys, block):
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number in range(1, 15):
        state = [SBOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if number < 14:
            mixed = []
            for c in range(0, 16, 4):
                a = state[c : c + 4]
                mixed += [
                    times(a[i], 2) ^ times(a[(i + 1) % 4], 3) ^ a[(i + 2) % 4] ^ a[(i + 3) % 4]
                    for i in range(4)
                ]
            state = mixed
        state = [a ^ b for a, b in zip(state, keys[number])]
    return bytes(state)


def ghash(subkey, parts):
    def multiply(x, y):
        z = 0
        for bit in range(127, -1, -1):
            z ^= y if (x >> bit) & 1 else 0
            y = (y >> 1) ^ (0xE1 << 120 if y & 1 else 0)
        return z

    state = 0
    for part in parts:
        for at in range(0, len(part), 16):
            block = int.from_bytes(part[at : at + 16].ljust(16, b"\0"), "big")
            state = multiply(state ^ block, subkey)
    return state


def gcm(key, iv, additional, text):
    keys = round_keys(key)
    counter = lambda number: aes(keys, iv + struct.pack(">I", number))
    stream = b"".join(counter(n + 2) for n in range(-(-len(text) // 16)))
    ciphertext = bytes(a ^ b for a, b in zip(text, stream))
    lengths = struct.pack(">QQ", 8 * len(additional), 8 * len(ciphertext))
    subkey = int.from_bytes(aes(keys, bytes(16)), "big")
    tag = ghash(subkey, [additional, ciphertext, lengths]) ^ int.from_bytes(counter(1), "big")
    return ciphertext + tag.to_bytes(16, "big")


# The case 14 of the specification of GCM, so that what is below is not built on sand.
assert gcm(bytes(32), bytes(12), b"", bytes(16)).hex() == (
    "cea7403d4d606b6e074ec5d3baf39d18" "d0d1c8a799996bf0265b98b5d48ab919"
)
# The first case of RFC 5869 has a salt; the third has none.
assert hkdf(bytes([0x0B] * 22), b"", 42).hex() == (
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
)


def wrapped(wrapping_key, root, ring, number, context, provider=(NAMESPACE, NAME), iv=None):
    """As `RawAesProvider` wraps: docs/formats/provider-ids.md."""
    pairs = dict(context)
    pairs["crypto-envelope-purpose"] = "sse-c key ring"
    pairs["crypto-envelope-ring"] = ring
    pairs["crypto-envelope-epoch"] = str(number)
    iv = iv or drawn(f"iv {ring} {number} {provider}", 12)
    info = provider[1].encode() + struct.pack(">II", 128, 12) + iv
    return {
        "provider_id": provider[0],
        "provider_info": base64.b64encode(info).decode(),
        "ciphertext": base64.b64encode(gcm(wrapping_key, iv, serialized(pairs), root)).decode(),
    }


def authenticated(ring):
    """What the MAC covers."""
    out = lp(ring["format"]) + struct.pack(">H", ring["version"]) + lp(ring["id"])
    out += lp(serialized(ring["context"]))
    out += struct.pack(">H", len(ring["buckets"])) + b"".join(map(lp, ring["buckets"]))
    out += struct.pack(">H", len(ring["epochs"]))
    for epoch in ring["epochs"]:
        out += struct.pack(">I", epoch["epoch"]) + lp(epoch["created"])
        out += struct.pack(">H", len(epoch["keys"]))
        for key in epoch["keys"]:
            out += lp(key["provider_id"]) + lp(base64.b64decode(key["provider_info"]))
            out += lp(base64.b64decode(key["ciphertext"]))
    out += struct.pack(">H", len(ring["retired"]))
    for epoch in ring["retired"]:
        out += struct.pack(">I", epoch["epoch"]) + lp(epoch["created"]) + lp(epoch["retired"])
    return out


def sealed(ring, newest_root):
    ring = copy.deepcopy(ring)
    key = hkdf(newest_root, MAC_LABEL)
    ring["mac"] = base64.b64encode(hmac.new(key, authenticated(ring), hashlib.sha256).digest()).decode()
    return ring


def text(ring):
    return json.dumps(ring, indent=2, ensure_ascii=False) + "\n"


WRAPPING_KEY = drawn("wrapping key", 32)
OTHER_WRAPPING_KEY = drawn("other wrapping key", 32)


def root(name, number):
    return drawn(f"root {name} {number}", 32)


def ring(name, context, buckets, numbers, retired=(), providers=None):
    """A ring, complete but for its MAC."""
    providers = providers or [((NAMESPACE, NAME), WRAPPING_KEY)]
    identity = drawn(f"id {name}", 16).hex()
    epochs = [
        {
            "epoch": number,
            "created": f"2026-0{1 + index}-15T12:00:00Z",
            "keys": [
                wrapped(key, root(name, number), identity, number, context, provider)
                for provider, key in providers
            ],
        }
        for index, number in enumerate(numbers)
    ]
    return {
        "format": FORMAT,
        "version": 1,
        "id": identity,
        "context": context,
        "buckets": sorted(buckets, key=str.encode),
        "epochs": epochs,
        "retired": [
            {"epoch": number, "created": "2025-01-15T12:00:00Z", "retired": "2025-12-31T23:59:59Z"}
            for number in retired
        ],
    }


RINGS = {
    "one-epoch": ring("one-epoch", {}, ["photos"], [1]),
    "no-bucket": ring("no-bucket", {"tenant": "blue"}, [], [1]),
    "several-epochs": ring(
        "several-epochs",
        {"tenant": "blue", "é": "ü\n\"quoted\""},
        ["photos", "Archive", "tenant:photos", "bücher"],
        [3, 4, 7],
        [1, 2, 5],
    ),
    "several-providers": ring(
        "several-providers",
        {"purpose": "photos"},
        ["photos"],
        [1, 2],
        [],
        [((NAMESPACE, NAME), WRAPPING_KEY), ((NAMESPACE, "key-2"), OTHER_WRAPPING_KEY)],
    ),
    "highest-number": ring("highest-number", {}, ["photos"], [4294967294, 4294967295], [1]),
}
RINGS = {name: sealed(one, root(name, one["epochs"][-1]["epoch"])) for name, one in RINGS.items()}


def written(name, value):
    with open(name, "w", encoding="utf-8", newline="\n") as file:
        file.write(value)


for name, one in RINGS.items():
    written(f"{name}.json", text(one))

OBJECTS = [
    ("photos", "2026/cat.jpg"),
    ("photos", "2026/cat.jpg "),
    ("photos2", "026/cat.jpg"),
    ("photos", "a"),
    ("photos", "ä/\U0001f408 %20+?#\u0001"),
    ("photos", "a\u0308"),
    ("photos", "\u00e4"),
    ("tenant:photos", "/"),
    ("b", "n" * 1024),
    ("Photos", "2026/cat.jpg"),
]
KEYS = []
for name, one in RINGS.items():
    for epoch in one["epochs"]:
        for bucket, key in OBJECTS:
            secret = root(name, epoch["epoch"])
            KEYS.append(
                {
                    "ring": name,
                    "epoch": epoch["epoch"],
                    "root_hex": secret.hex(),
                    "bucket": bucket,
                    "object": key,
                    "key_hex": object_key(secret, bucket, key).hex(),
                }
            )
about = {
    "wrapping_keys": [
        {"namespace": NAMESPACE, "name": NAME, "key_hex": WRAPPING_KEY.hex()},
        {"namespace": NAMESPACE, "name": "key-2", "key_hex": OTHER_WRAPPING_KEY.hex()},
    ],
    "rings": [
        {
            "name": name,
            "id": one["id"],
            "epochs": [epoch["epoch"] for epoch in one["epochs"]],
            "authenticated_hex": authenticated(one).hex(),
            "mac_hex": base64.b64decode(one["mac"]).hex(),
        }
        for name, one in RINGS.items()
    ],
    "keys": KEYS,
}
written("derivation.json", json.dumps(about, indent=1, ensure_ascii=False) + "\n")

NEGATIVE = []


def refused(name, kind, value):
    value = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    NEGATIVE.append({"name": name, "kind": kind, "text": value})


def edited(name, kind, change, of="several-epochs", with_new_mac=False):
    one = copy.deepcopy(RINGS[of])
    change(one)
    refused(name, kind, sealed(one, root(of, one["epochs"][-1]["epoch"])) if with_new_mac else one)


def setting(*path, to):
    def change(one):
        for step in path[:-1]:
            one = one[step]
        one[path[-1]] = to

    return change


# What is well-formed and was changed by somebody without the wrapping key.
OTHER = RINGS["one-epoch"]
for name, change in {
    "another id": setting("id", to=OTHER["id"]),
    "another value in the context": setting("context", "tenant", to="red"),
    "one more pair in the context": setting("context", "more", to=""),
    "no context": setting("context", to={}),
    "one more bucket": lambda one: one["buckets"].append("zoo"),
    "a bucket less": lambda one: one["buckets"].pop(),
    "another bucket": setting("buckets", 0, to="Archivf"),
    "another number": setting("epochs", 0, "epoch", to=2),
    "another time": setting("epochs", 1, "created", to="2026-02-15T12:00:01Z"),
    "another provider id": setting("epochs", 0, "keys", 0, "provider_id", to="vectorz"),
    "no provider id": setting("epochs", 0, "keys", 0, "provider_id", to=""),
    "another provider info": setting("epochs", 0, "keys", 0, "provider_info", to="AAAA"),
    "another ciphertext": setting("epochs", 0, "keys", 0, "ciphertext", to="AAAA"),
    "the ciphertext of another epoch": lambda one: one["epochs"][0].update(keys=one["epochs"][1]["keys"]),
    "the ciphertext of another ring": lambda one: one["epochs"][0].update(keys=OTHER["epochs"][0]["keys"]),
    "a key twice": lambda one: one["epochs"][0]["keys"].append(one["epochs"][0]["keys"][0]),
    "without the oldest epoch": lambda one: one["epochs"].pop(0),
    "without an epoch": lambda one: one["epochs"].pop(1),
    "with an epoch of another ring": lambda one: one["epochs"].insert(0, dict(OTHER["epochs"][0], epoch=2)),
    "a retired epoch less": lambda one: one["retired"].pop(),
    "another retired epoch": setting("retired", 2, "epoch", to=6),
    "another time of a retired epoch": setting("retired", 0, "created", to="2025-01-15T12:00:01Z"),
    "retired at another time": setting("retired", 0, "retired", to="2025-12-31T23:59:58Z"),
    "an epoch is called retired": lambda one: one["retired"].append(
        {"epoch": one["epochs"].pop(1)["epoch"] + 2, "created": "2026-02-15T12:00:00Z", "retired": "2026-03-01T00:00:00Z"}
    ),
    "the MAC of another ring": setting("mac", to=OTHER["mac"]),
    "a MAC of zeros": setting("mac", to=base64.b64encode(bytes(32)).decode()),
}.items():
    def in_order(one, change=change):
        change(one)
        one["retired"].sort(key=lambda epoch: epoch["epoch"])
        taken = {epoch["epoch"] for epoch in one["epochs"]}
        one["retired"] = [epoch for epoch in one["retired"] if epoch["epoch"] not in taken]

    edited(name, "NotGenuine", in_order)
edited("without the newest epoch", "NotGenuine", lambda one: one["epochs"].pop(), of="several-providers")

# What is refused although the MAC is right.
EPOCH = RINGS["several-epochs"]["epochs"][0]
for name, change in {
    "another format": setting("format", to="crypto-envelope sse-c key rings"),
    "version 0": setting("version", to=0),
    "version 2": setting("version", to=2),
    "an id in capitals": lambda one: one.update(id="A" + one["id"][1:]),
    "a short id": lambda one: one.update(id=one["id"][:31]),
    "a long id": lambda one: one.update(id=one["id"] + "0"),
    "a reserved pair": setting("context", "crypto-envelope-epoch", to="3"),
    "a reserved pair of messages": setting("context", "aws-crypto-x", to=""),
    "buckets out of order": lambda one: one["buckets"].reverse(),
    "a bucket twice": lambda one: one["buckets"].append(one["buckets"][-1]),
    "a bucket without a name": lambda one: one["buckets"].insert(0, ""),
    "a bucket with a long name": lambda one: one["buckets"].append("z" * 256),
    "a bucket with a control character": lambda one: one["buckets"].insert(0, "A\n"),
    "too many buckets": setting("buckets", to=[f"{number:04}" for number in range(1001)]),
    "epochs out of order": lambda one: one["epochs"].reverse(),
    "an epoch twice": lambda one: one["epochs"].append(one["epochs"][-1]),
    "epoch 0": setting("epochs", 0, "epoch", to=0),
    "an epoch without a key": setting("epochs", 0, "keys", to=[]),
    "an epoch with too many keys": setting("epochs", 0, "keys", to=33 * EPOCH["keys"]),
    "an impossible day": setting("epochs", 0, "created", to="2026-02-29T12:00:00Z"),
    "a leap second": setting("epochs", 0, "created", to="2026-06-30T23:59:60Z"),
    "a time with a zone": setting("epochs", 0, "created", to="2026-01-15T12:00:00+00:00"),
    "a time in small letters": setting("epochs", 0, "created", to="2026-01-15t12:00:00z"),
    "a time with fractions": setting("epochs", 0, "created", to="2026-01-15T12:00:00.0Z"),
    "a time before 1970": setting("epochs", 0, "created", to="1969-12-31T23:59:59Z"),
    "retired epochs out of order": lambda one: one["retired"].reverse(),
    "a retired epoch twice": lambda one: one["retired"].append(one["retired"][-1]),
    "a retired epoch that is there": setting("retired", 2, "epoch", to=4),
    "a retired epoch that is newer than all": setting("retired", 2, "epoch", to=8),
    "a retired epoch 0": setting("retired", 0, "epoch", to=0),
}.items():
    edited(name, "Malformed", change, with_new_mac=True)

# What is no such JSON, or says its numbers and bytes in another way.
for name, change in {
    "a version in quotes": setting("version", to="1"),
    "a version with a fraction": setting("version", to=1.0),
    "an epoch of more than 32 bits": setting("epochs", 2, "epoch", to=1 << 32),
    "an epoch of more than 64 bits": setting("epochs", 2, "epoch", to=1 << 64),
    "a negative epoch": setting("epochs", 0, "epoch", to=-3),
    "an epoch with a fraction": setting("epochs", 0, "epoch", to=3.0),
    "no epoch": setting("epochs", to=[]),
    "epochs as an object": setting("epochs", to={}),
    "an epoch that is none": setting("epochs", 0, to=3),
    "a context of numbers": setting("context", "tenant", to=1),
    "a context in a list": setting("context", to=[["tenant", "blue"]]),
    "buckets of numbers": setting("buckets", 0, to=1),
    "null for none": setting("retired", to=None),
    "a member too many": setting("comment", to="a member too many"),
    "a member too many in an epoch": setting("epochs", 0, "comment", to=""),
    "a member too many in a key": setting("epochs", 0, "keys", 0, "comment", to=""),
    "a member too many in a retired epoch": setting("retired", 0, "comment", to=""),
    "base64 without padding": lambda one: one.update(mac=one["mac"].rstrip("=")),
    "base64 with bits left over": lambda one: one.update(mac=one["mac"][:42] + "B="),
    "base64 for URLs": setting("epochs", 0, "keys", 0, "provider_info", to="-_-_"),
    "base64 with a line break": setting("epochs", 0, "keys", 0, "provider_info", to="AAAA\nAAAA"),
    "a short MAC": setting("mac", to=base64.b64encode(bytes(31)).decode()),
    "a long MAC": setting("mac", to=base64.b64encode(bytes(33)).decode()),
    "no MAC": setting("mac", to=""),
}.items():
    edited(name, "Malformed", change)
for member in RINGS["several-epochs"]:
    edited(f"without {member}", "Malformed", lambda one: one.pop(member))
for member in ["epoch", "created", "keys"]:
    edited(f"an epoch without {member}", "Malformed", lambda one: one["epochs"][0].pop(member))
for member in ["provider_id", "provider_info", "ciphertext"]:
    edited(f"a key without {member}", "Malformed", lambda one: one["epochs"][0]["keys"][0].pop(member))
for member in ["epoch", "created", "retired"]:
    edited(f"a retired epoch without {member}", "Malformed", lambda one: one["retired"][0].pop(member))
whole = text(RINGS["one-epoch"])
refused("nothing", "Malformed", "")
refused("no JSON", "Malformed", "-----BEGIN-----")
refused("a list", "Malformed", "[" + whole + "]")
refused("a text", "Malformed", json.dumps(whole))
refused("cut off", "Malformed", whole[:-3])
refused("twice", "Malformed", whole + whole)
refused("with a byte order mark", "Malformed", "\ufeff" + whole)
refused("with a comment", "Malformed", whole.replace("{", "{ // a comment\n", 1))
refused("a member twice", "Malformed", whole.replace('"version": 1,', '"version": 1, "version": 1,'))
refused("a member twice, escaped", "Malformed", whole.replace('"version": 1,', '"version": 1, "\\u0076ersion": 1,'))
refused("a member of an epoch twice", "Malformed", whole.replace('"epoch": 1,', '"epoch": 2, "epoch": 1,'))
refused("an exponent", "Malformed", whole.replace('"epoch": 1,', '"epoch": 1e0,'))
refused("half of a surrogate pair", "Malformed", whole.replace('"photos"', '"photo\\ud83d"'))
refused("deep", "Malformed", whole.replace('"context": {}', '"context": ' + 5000 * "[" + 5000 * "]"))
written("negative.json", json.dumps(NEGATIVE, indent=1, ensure_ascii=True) + "\n")
print(len(RINGS), "rings,", len(KEYS), "keys,", len(NEGATIVE), "that are refused")
