"""What the checks of an AWS KMS that may be a fake have in common. Each file of checks is run by

    FILE CHECK KEYS

KEYS is a JSON object: the ARNs of the sample keys by name. Where the service is, is in the
environment (AWS_ENDPOINT_URL_KMS and so on). Ends with 0 if the check passes.
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization

KEYS = json.loads(sys.argv[2])
EAST, WEST = "us-east-1", "us-west-2"
CONTEXT = {"purpose": "certification", "ünicode": "ключ"}
CURVES = [("ecc_p256", "ECC_NIST_P256"), ("ecc_p384", "ECC_NIST_P384"), ("ecc_p521", "ECC_NIST_P521")]


def run(*checks):
    """Does the check that was asked for."""
    {check.__name__: check for check in checks}[sys.argv[1]]()


def client(region=EAST):
    """A KMS client."""
    return boto3.client("kms", region_name=region)


def refused(code, call, **request):
    """The call must end in the modelled exception of this name; its message is returned."""
    try:
        answer = call(**request)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, (code, error.response)
        modelled = getattr(call.__self__.exceptions, code, None)
        assert modelled is None or isinstance(error, modelled), (code, type(error))
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert error.response["ResponseMetadata"]["RequestId"]
        return error.response["Error"]["Message"]
    raise AssertionError(f"not refused with {code}: {answer}")


def spki(private_key):
    """The public half of a key, as KMS wants it."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private_key.public_key().public_bytes(serialization.Encoding.DER, form)
