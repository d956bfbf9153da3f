"""boto3, unmodified, as a client of servers that speak S3, asked line by line.

    s3_peer.py CONFIGURATION

CONFIGURATION is a JSON object: "url", "region", "access_key", "secret_key", and "ca", a file of PEM, if the
server has TLS.

A request is a line of JSON:

    "call"        a method of the client, or "multipart"
    "arguments"   those of the method. Bytes are {"base64": ...}. "multipart" has a Bucket, a Key, and as Parts
                  a list of bytes; what else it has goes with CreateMultipartUpload.
    "key"         of a customer, 32 bytes in base64
    "source_key"  the same for the source of a copy
    "headers"     more of them, or others than boto3 has. They are signed, too.

The answer is {"ok": true, "status", "headers", "answer"}, in which bytes are {"base64": ...}, and of "multipart"
{"created", "parts", "completed"}; with "code" and "message" too if the server refused. It is {"ok": true,
"failed": TEXT} if the client could not.
"""

import base64
import hashlib
import json
import sys
import traceback

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CONFIGURATION = json.loads(sys.argv[1])
MORE_HEADERS = {}


def client():
    made = boto3.client(
        "s3",
        endpoint_url=CONFIGURATION["url"],
        region_name=CONFIGURATION["region"],
        aws_access_key_id=CONFIGURATION["access_key"],
        aws_secret_access_key=CONFIGURATION["secret_key"],
        verify=CONFIGURATION.get("ca"),
        config=Config(
            # Not every server takes trailers.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
        ),
    )
    made.meta.events.register("before-sign.s3", replace_headers)
    return made


def replace_headers(request, **_):
    for name, value in MORE_HEADERS.items():
        del request.headers[name]
        request.headers[name] = value


def taken(value):
    """What a request means."""
    if isinstance(value, list):
        return [taken(member) for member in value]
    if isinstance(value, dict):
        if list(value) == ["base64"]:
            return base64.b64decode(value["base64"])
        return {name: taken(member) for name, member in value.items()}
    return value


def told(value):
    """The same the other way round."""
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {name: told(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [told(member) for member in value]
    return value if isinstance(value, (str, int, float, type(None))) else str(value)


def of_customer(key, prefix=""):
    if key is None:
        return {}
    # boto3 would add the digest by itself, but not to every call.
    digest = hashlib.md5(base64.b64decode(key)).digest()
    return {
        f"{prefix}SSECustomerAlgorithm": "AES256",
        f"{prefix}SSECustomerKey": key,
        f"{prefix}SSECustomerKeyMD5": base64.b64encode(digest).decode(),
    }


def multipart(key, Bucket, Key, Parts, **more):
    place = {"Bucket": Bucket, "Key": Key}
    created = CLIENT.create_multipart_upload(**place, **key, **more)
    place["UploadId"] = created["UploadId"]
    parts = [
        CLIENT.upload_part(**place, **key, PartNumber=number, Body=part)
        for number, part in enumerate(Parts, 1)
    ]
    tags = [{"PartNumber": number, "ETag": part["ETag"]} for number, part in enumerate(parts, 1)]
    completed = CLIENT.complete_multipart_upload(**place, **key, MultipartUpload={"Parts": tags})
    metadata = completed["ResponseMetadata"]
    return {"created": created, "parts": parts, "completed": completed, "ResponseMetadata": metadata}


def do(request):
    arguments = taken(request.get("arguments", {}))
    key = of_customer(request.get("key"))
    if request["call"] == "multipart":
        return multipart(key, **arguments)
    source_key = of_customer(request.get("source_key"), "CopySource")
    return getattr(CLIENT, request["call"])(**arguments, **key, **source_key)


def answer(request):
    MORE_HEADERS.clear()
    MORE_HEADERS.update(request.get("headers", {}))
    try:
        answered, refusal = do(request), {}
    except ClientError as error:
        answered, refused = error.response, error.response["Error"]
        refusal = {"code": refused.get("Code", ""), "message": refused.get("Message", "")}
    except BotoCoreError as error:
        return {"failed": f"{type(error).__name__}: {error}"}
    metadata = answered["ResponseMetadata"]
    return {
        "status": metadata["HTTPStatusCode"],
        "headers": metadata["HTTPHeaders"],
        "answer": told(answered),
        **refusal,
    }


CLIENT = client()
for line in sys.stdin:
    try:
        result = {"ok": True, **answer(json.loads(line))}
    except Exception:
        result = {"ok": False, "error": traceback.format_exc()}
    print(json.dumps(result), flush=True)
