"""The official AWS Encryption SDK for Python as a peer: one JSON request a line on standard
input, one JSON answer a line on standard output. Plaintext and messages travel in files.
"""

import json
import logging
import sys

import aws_encryption_sdk
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import AesWrappingAlg, CreateRawAesKeyringInput
from aws_encryption_sdk.identifiers import AlgorithmSuite, CommitmentPolicy, EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKey

SUITES = {suite.algorithm_id: suite for suite in AlgorithmSuite}
KEYRING_ALGORITHMS = {
    16: AesWrappingAlg.ALG_AES128_GCM_IV12_TAG16,
    24: AesWrappingAlg.ALG_AES192_GCM_IV12_TAG16,
    32: AesWrappingAlg.ALG_AES256_GCM_IV12_TAG16,
}
MASTER_KEY_ALGORITHMS = {
    16: WrappingAlgorithm.AES_128_GCM_IV12_TAG16_NO_PADDING,
    24: WrappingAlgorithm.AES_192_GCM_IV12_TAG16_NO_PADDING,
    32: WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
}

MATERIAL_PROVIDERS = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
READER = aws_encryption_sdk.EncryptionSDKClient(
    commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT
)
LEGACY_WRITER = aws_encryption_sdk.EncryptionSDKClient(
    commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
)


def key_argument(request):
    """The keyring or master key of a request, as an argument of the client."""
    key = bytes.fromhex(request["key"])
    if request["api"] == "keyring":
        keyring = MATERIAL_PROVIDERS.create_raw_aes_keyring(
            CreateRawAesKeyringInput(
                key_namespace=request["namespace"],
                key_name=request["name"],
                wrapping_key=key,
                wrapping_alg=KEYRING_ALGORITHMS[len(key)],
            )
        )
        return {"keyring": keyring}
    master_key = RawMasterKey(
        provider_id=request["namespace"],
        key_id=request["name"],
        wrapping_key=WrappingKey(
            wrapping_algorithm=MASTER_KEY_ALGORITHMS[len(key)],
            wrapping_key=key,
            wrapping_key_type=EncryptionKeyType.SYMMETRIC,
        ),
    )
    return {"key_provider": master_key}


def encrypt(source, request):
    """Encrypts under the suite, frame length and context of the request."""
    suite = SUITES[int(request["suite"], 16)]
    client = READER if suite.is_committing() else LEGACY_WRITER
    return client.encrypt(
        source=source,
        algorithm=suite,
        frame_length=request["frame_length"],
        encryption_context=request["context"],
        **key_argument(request),
    )


def decrypt(source, request):
    """Decrypts; what the context must be is for the caller to compare."""
    return READER.decrypt(source=source, **key_argument(request))


def answer(request):
    """Carries a request out."""
    operation = {"encrypt": encrypt, "decrypt": decrypt}[request["op"]]
    with open(request["input"], "rb") as file:
        source = file.read()
    result, header = operation(source, request)
    with open(request["output"], "wb") as file:
        file.write(result)
    return {"ok": True, "context": dict(header.encryption_context)}


def main():
    """Serves until standard input ends."""
    logging.disable(logging.CRITICAL)  # refusals are answers here, not news
    for line in sys.stdin:
        try:
            response = answer(json.loads(line))
        except Exception as error:  # pylint: disable=broad-except
            response = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(response), flush=True)


if __name__ == "__main__":
    main()
