"""The vendor's own clients of Tencent COS, unmodified, asked line by line.

    peer.py CONFIGURATION

CONFIGURATION is a JSON object:

    "ip", "port", "region", "bucket", "secret_id", "secret_key"   where COS is, and who asks
    "scheme", "ca"                      http without them; for https, the file with the CA
    "token"                             of temporary credentials, if they are
    "by_proxy"                          true if requests go to COS as to a proxy
    "aes_key"                           a master key in base64, for the client "aes"
    "rsa_public_key", "rsa_private_key" files of PEM, for the clients "rsa-oaep" and "rsa-v15"

A request is a line of JSON:

    "client"     a key of CLIENTS. It lives as long as the peer, as the parts of an upload need it to;
                 but with "settings", which replace members of CONFIGURATION, it is made for one call.
    "call"       a method of the client, or a key of CALLS
    "arguments"  those of the method, without Bucket unless it is another one. Bytes are {"hex": ...},
                 {"file": PATH} is an open file, and {"seed": TEXT, "length": NUMBER} is a stream of bytes.
    "into"       a file for the body of the answer

The answer is {"ok": true, "answer": ...}, in which a body is {"length", "sha256"}, with "hex" if it is
short; or {"ok": true, "refused": {"code", "message", "status"}} if COS refused; or {"ok": true, "failed":
{"exception", "message"}} if the client could not.
"""

import hashlib
import inspect
import json
import logging
import sys
import traceback

import requests
from qcloud_cos import CosConfig, CosS3Client, CosServiceError
from qcloud_cos.cos_encryption_client import CosEncryptionClient
from qcloud_cos.crypto import AESCTRCipher, AESProvider, RSAProvider

logging.disable(logging.CRITICAL)
CONFIGURATION = json.loads(sys.argv[1])
SHORT = 4096


def config(settings, **more):
    return CosConfig(
        Region=settings["region"],
        SecretId=settings["secret_id"],
        SecretKey=settings["secret_key"],
        Token=settings.get("token"),
        Scheme=settings.get("scheme", "http"),
        VerifySSL=settings.get("ca"),
        Timeout=20,
        **more,
    )


def here(settings):
    """Some calls of the SDK go by names alone. They find the way if COS is the proxy of its clients."""
    if settings.get("by_proxy"):
        return config(settings, Proxies={"http": "http://{ip}:{port}".format(**settings)})
    return config(settings, IP=settings["ip"], Port=settings["port"])


def plain(settings):
    return CosS3Client(here(settings), retry=settings.get("retry", 1))


def aes(settings):
    # Else all clients of the process have one cipher, and disturb each other.
    provider = AESProvider(aes_key=settings["aes_key"], cipher=AESCTRCipher())
    return CosEncryptionClient(here(settings), provider)


def rsa(settings, key_pair):
    return CosEncryptionClient(here(settings), RSAProvider(key_pair, cipher=AESCTRCipher()))


def rsa_oaep(settings):
    """The SDK pads by OAEP if it is given files."""
    files = settings["rsa_public_key"], settings["rsa_private_key"]
    return rsa(settings, RSAProvider.get_rsa_key_pair_path(*files))


def rsa_v15(settings):
    """The SDK pads by PKCS #1 v1.5 if it is given keys."""
    files = settings["rsa_public_key"], settings["rsa_private_key"]
    keys = [open(path).read() for path in files]
    return rsa(settings, RSAProvider.get_rsa_key_pair(*keys))


CLIENTS = {"plain": plain, "aes": aes, "rsa-oaep": rsa_oaep, "rsa-v15": rsa_v15}
RUNNING = {}


def by_presigned_url(settings, Method, Body=b"", Send={}, **arguments):
    """Whoever has the URL, and nothing else, asks: with these headers in Send."""
    client = CosS3Client(config(settings))
    url = client.get_presigned_url(Method=Method, **arguments)
    scheme, rest = url.split("://", 1)
    host, path = rest.split("/", 1)
    address = "{}://{}:{}/{}".format(scheme, settings["ip"], settings["port"], path)
    answer = requests.request(
        Method, address, data=Body, headers={"Host": host, **Send}, verify=settings.get("ca")
    )
    if answer.status_code >= 400:
        raise CosServiceError(Method, answer.text, answer.status_code)
    return {"status": answer.status_code, **answer.headers, "Body": answer.content}


CALLS = {"by_presigned_url": by_presigned_url}


def stream(seed, length):
    """SHA-256 of the seed and a counter, as in the test vectors."""
    blocks, seed = -(-length // 32), seed.encode()
    counters = (number.to_bytes(8, "big") for number in range(blocks))
    return b"".join(hashlib.sha256(seed + counter).digest() for counter in counters)[:length]


def taken(value):
    """What a request means."""
    if isinstance(value, list):
        return [taken(member) for member in value]
    if isinstance(value, dict):
        if list(value) == ["hex"]:
            return bytes.fromhex(value["hex"])
        if list(value) == ["file"]:
            return open(value["file"], "rb")
        if sorted(value) == ["length", "seed"]:
            return stream(value["seed"], value["length"])
        return {name: taken(member) for name, member in value.items()}
    return value


def told(value, into):
    """The same the other way round."""
    if hasattr(value, "get_stream_to_file"):
        value = read(value, into)
    if isinstance(value, bytes):
        summary = {"length": len(value), "sha256": hashlib.sha256(value).hexdigest()}
        return {**summary, "hex": value.hex()} if len(value) <= SHORT else summary
    if isinstance(value, dict):
        return {name: told(member, into) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [told(member, into) for member in value]
    return value


def read(body, into):
    if into is not None:
        body.get_stream_to_file(into)
        with open(into, "rb") as file:
            return file.read()
    pieces = []
    while piece := body.read(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


def do(request):
    arguments = taken(request.get("arguments", {}))
    arguments.setdefault("Bucket", CONFIGURATION["bucket"])
    settings = {**CONFIGURATION, **request.get("settings", {})}
    name, call = request["client"], request["call"]
    if call in CALLS:
        return CALLS[call](settings, **arguments)
    if "settings" in request:
        client = CLIENTS[name](settings)
    else:
        client = RUNNING.get(name) or RUNNING.setdefault(name, CLIENTS[name](settings))
    method = getattr(client, call)
    names = inspect.signature(method).parameters
    if "Bucket" not in names:
        del arguments["Bucket"]
    return method(**arguments)


def answer(request):
    try:
        return {"answer": told(do(request), request.get("into"))}
    except CosServiceError as error:
        return {
            "refused": {
                "code": error.get_error_code(),
                "message": error.get_error_msg(),
                "status": error.get_status_code(),
            }
        }
    except Exception as error:
        if request.get("trace"):
            traceback.print_exc()
        return {"failed": {"exception": type(error).__name__, "message": str(error)}}


for line in sys.stdin:
    try:
        result = {"ok": True, **answer(json.loads(line))}
        text = json.dumps(result)
    except Exception:
        text = json.dumps({"ok": False, "error": traceback.format_exc()})
    print(text, flush=True)
