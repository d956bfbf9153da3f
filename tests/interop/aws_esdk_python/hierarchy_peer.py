"""The official AWS Encryption SDK for Python with branch keys, as a peer: one JSON request a line on standard input, one
JSON answer a line on standard output. Where KMS and DynamoDB are, the environment says.
"""

import json
import logging
import sys

import aws_encryption_sdk
import boto3
from aws_cryptographic_material_providers.keystore.client import KeyStore
from aws_cryptographic_material_providers.keystore.config import KeyStoreConfig
from aws_cryptographic_material_providers.keystore.models import (
    CreateKeyInput,
    KMSConfigurationKmsKeyArn,
    VersionKeyInput,
)
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import CreateAwsKmsHierarchicalKeyringInput

MATERIAL_PROVIDERS = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
CLIENT = aws_encryption_sdk.EncryptionSDKClient()
ATTRIBUTES = ["branch-key-id", "type"]


def dynamodb(request):
    """In the region of the KMS key."""
    return boto3.client("dynamodb", region_name=request["region"])


def store(request):
    """Of a table, under one KMS key."""
    return KeyStore(
        KeyStoreConfig(
            ddb_client=dynamodb(request),
            ddb_table_name=request["table"],
            logical_key_store_name=request["logical_name"],
            kms_client=boto3.client("kms", region_name=request["region"]),
            kms_configuration=KMSConfigurationKmsKeyArn(request["arn"]),
        )
    )


def keyring(request):
    """Of one branch key."""
    return MATERIAL_PROVIDERS.create_aws_kms_hierarchical_keyring(
        CreateAwsKmsHierarchicalKeyringInput(
            key_store=store(request), branch_key_id=request["id"], ttl_seconds=600
        )
    )


def create_table(request):
    """As the specification wants it."""
    dynamodb(request).create_table(
        TableName=request["table"],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ATTRIBUTES],
        KeySchema=[
            {"AttributeName": name, "KeyType": kind} for name, kind in zip(ATTRIBUTES, ["HASH", "RANGE"])
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return {}


def create(request):
    """A branch key, with an id and a context of one's choice or without."""
    made = store(request).create_key(
        CreateKeyInput(branch_key_identifier=request.get("id"), encryption_context=request.get("custom"))
    )
    return {"id": made.branch_key_identifier}


def rotate(request):
    """A new version."""
    store(request).version_key(VersionKeyInput(branch_key_identifier=request["id"]))
    return {}


def encrypt(request):
    """A text."""
    message, _ = CLIENT.encrypt(
        source=request["text"].encode(), keyring=keyring(request), encryption_context=request["context"]
    )
    return {"message": message.hex()}


def decrypt(request):
    """A message."""
    text, _ = CLIENT.decrypt(source=bytes.fromhex(request["message"]), keyring=keyring(request))
    return {"text": text.decode()}


OPERATIONS = {
    "create-table": create_table,
    "create": create,
    "rotate": rotate,
    "encrypt": encrypt,
    "decrypt": decrypt,
}


def main():
    """Serves until standard input ends."""
    logging.disable(logging.CRITICAL)  # refusals are answers here, not news
    for line in sys.stdin:
        try:
            request = json.loads(line)
            response = {"ok": True, **OPERATIONS[request["op"]](request)}
        except Exception as error:  # pylint: disable=broad-except
            response = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(response), flush=True)


if __name__ == "__main__":
    main()
