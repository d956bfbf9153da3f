"""The vendor's own client of a KMS instance under load, in the manner of the vendor's benchmark tool, which is
not in the package of the SDK: processes up to the number of cores, threads in them, one client each.

    alibaba_kms.py CONFIGURATION

CONFIGURATION is a JSON object: "case", "endpoint", "client_key_file", "password", "ca", "key_id",
"secret_name", "data_size", "concurrency", "warm_up", "duration" (seconds). Prints a JSON object.
"""

import hashlib
import json
import multiprocessing
import os
import sys
import threading
import time

from openapi import models as configuration
from openapi_util.models import RuntimeOptions
from sdk import models
from sdk.client import Client

IS = json.loads(sys.argv[1])
AAD = b"this is encryption context"


def call_of(client):
    """A function that makes the call."""
    key, data = IS["key_id"], b"1" * IS["data_size"]
    options = RuntimeOptions(autoretry=False)
    signed = {"key_id": key, "message": hashlib.sha256(data).digest(), "message_type": "DIGEST"}
    signed["algorithm"] = "RSA_PKCS1_SHA_256"
    encrypt = models.EncryptRequest(key_id=key, plaintext=data, aad=AAD)
    match IS["case"]:
        case "encrypt":
            return lambda: client.encrypt_with_options(encrypt, options)
        case "decrypt":
            made = client.encrypt_with_options(encrypt, options)
            request = models.DecryptRequest(
                key_id=key, ciphertext_blob=made.ciphertext_blob, iv=made.iv, aad=AAD, algorithm=made.algorithm
            )
            return lambda: client.decrypt_with_options(request, options)
        case "sign":
            request = models.SignRequest(**signed)
            return lambda: client.sign_with_options(request, options)
        case "verify":
            made = client.sign_with_options(models.SignRequest(**signed), options)
            request = models.VerifyRequest(**signed, signature=made.signature)
            return lambda: client.verify_with_options(request, options)
        case "get-secret-value":
            request = models.GetSecretValueRequest(secret_name=IS["secret_name"])
            return lambda: client.get_secret_value_with_options(request, options)


def keep_calling(call, seconds, counts):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            call()
            counts.append(True)
        except Exception:
            counts.append(False)


def at_once(calls, seconds):
    """Counts of all threads."""
    counts = []
    threads = [threading.Thread(target=keep_calling, args=(call, seconds, counts)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts


def work(threads, results):
    config = configuration.Config(
        protocol="https",
        endpoint=IS["endpoint"],
        client_key_file=IS["client_key_file"],
        password=IS["password"],
        ca_file_path=IS["ca"],
    )
    calls = [call_of(Client(config)) for _ in range(threads)]
    at_once(calls, IS["warm_up"])
    start, cpu = time.monotonic(), time.process_time()
    counts = at_once(calls, IS["duration"])
    results.put((sum(counts), len(counts), time.monotonic() - start, time.process_time() - cpu))


def main():
    processes = min(IS["concurrency"], os.cpu_count())
    results = multiprocessing.Queue()
    for number in range(processes):
        threads = (IS["concurrency"] + number) // processes
        multiprocessing.Process(target=work, args=(threads, results)).start()
    succeeded, calls, times, cpu = zip(*[results.get() for _ in range(processes)])
    print(
        json.dumps(
            {
                "succeeded": sum(succeeded),
                "failed": sum(calls) - sum(succeeded),
                "per_second": sum(succeeded) / max(times),
                "cpu_us_per_call": sum(cpu) * 1e6 / sum(calls),
            }
        )
    )


main()
