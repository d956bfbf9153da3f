"""The vendor's own encrypting client of Tencent COS, doing one thing again and again.

    tencent_cos.py CONFIGURATION

CONFIGURATION is a JSON object: "job" (put, get, upload-file), "ip", "port", "bucket", "region", "secret_id",
"secret_key", "aes_key" (base64), "key" (of the object), "file" (the plaintext), "repeats". Prints a JSON object.

A file is uploaded with one thread: with more of them this client encrypts the parts in whatever order they come, and
nobody can decrypt the object.
"""

import json
import logging
import os
import sys
import time

from qcloud_cos import CosConfig
from qcloud_cos.cos_encryption_client import CosEncryptionClient
from qcloud_cos.crypto import AESCTRCipher, AESProvider

IS = json.loads(sys.argv[1])
OBJECT = {"Bucket": IS["bucket"], "Key": IS["key"]}
PART_MIB = 8
# More than the client reads at once by itself, in its favour.
PIECE = 1 << 20


def client():
    configuration = CosConfig(
        Region=IS["region"],
        SecretId=IS["secret_id"],
        SecretKey=IS["secret_key"],
        Scheme="http",
        IP=IS["ip"],
        Port=IS["port"],
    )
    return CosEncryptionClient(configuration, AESProvider(aes_key=IS["aes_key"], cipher=AESCTRCipher()))


def work_of(client):
    """A function that does it once."""
    match IS["job"]:
        case "put":
            with open(IS["file"], "rb") as file:
                plaintext = file.read()
            return lambda: client.put_object(Body=plaintext, **OBJECT)
        case "get":
            return lambda: read(client.get_object(**OBJECT)["Body"])
        case "upload-file":
            how = {"PartSize": PART_MIB, "MAXThread": 1}
            return lambda: client.upload_file(LocalFilePath=IS["file"], **how, **OBJECT)


def read(body):
    length = 0
    while piece := body.read(PIECE):
        length += len(piece)
    assert length == os.path.getsize(IS["file"]), length


def main():
    logging.disable(logging.CRITICAL)
    work = work_of(client())
    work()
    start, cpu = time.monotonic(), time.process_time()
    for _ in range(IS["repeats"]):
        work()
    took = {"seconds": time.monotonic() - start, "cpu": time.process_time() - cpu}
    print(json.dumps({name: value / IS["repeats"] for name, value in took.items()}))


main()
