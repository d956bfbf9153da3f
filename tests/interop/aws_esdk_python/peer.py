"""The official AWS Encryption SDK for Python as a peer: one JSON request a line on standard
input, one JSON answer a line on standard output. Plaintext and messages travel in files.
"""

import json
import logging
import sys

import aws_encryption_sdk
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import (
    AesWrappingAlg,
    CreateMultiKeyringInput,
    CreateRawAesKeyringInput,
    CreateRawRsaKeyringInput,
    PaddingScheme,
)
from aws_encryption_sdk.identifiers import AlgorithmSuite, CommitmentPolicy, EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKey, RawMasterKeyProvider

import kms_keys
import raw_ecdh

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

KEYRING_PADDINGS = {
    "pkcs1": PaddingScheme.PKCS1,
    "oaep-sha1": PaddingScheme.OAEP_SHA1_MGF1,
    "oaep-sha256": PaddingScheme.OAEP_SHA256_MGF1,
    "oaep-sha384": PaddingScheme.OAEP_SHA384_MGF1,
    "oaep-sha512": PaddingScheme.OAEP_SHA512_MGF1,
}
MASTER_KEY_PADDINGS = {
    "pkcs1": WrappingAlgorithm.RSA_PKCS1,
    "oaep-sha1": WrappingAlgorithm.RSA_OAEP_SHA1_MGF1,
    "oaep-sha256": WrappingAlgorithm.RSA_OAEP_SHA256_MGF1,
    "oaep-sha384": WrappingAlgorithm.RSA_OAEP_SHA384_MGF1,
    "oaep-sha512": WrappingAlgorithm.RSA_OAEP_SHA512_MGF1,
}

MATERIAL_PROVIDERS = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
READER = aws_encryption_sdk.EncryptionSDKClient(
    commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT
)
LEGACY_WRITER = aws_encryption_sdk.EncryptionSDKClient(
    commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
)


def keyring(key, op):
    """The keyring of one key, for an operation."""
    if "kms" in key:
        return kms_keys.keyring(key)
    if "curve" in key:
        return MATERIAL_PROVIDERS.create_raw_ecdh_keyring(raw_ecdh.configuration(key, op))
    if "padding" in key:
        return MATERIAL_PROVIDERS.create_raw_rsa_keyring(
            CreateRawRsaKeyringInput(
                key_namespace=key["namespace"],
                key_name=key["name"],
                padding_scheme=KEYRING_PADDINGS[key["padding"]],
                public_key=key["public"].encode(),
                private_key=key["private"].encode(),
            )
        )
    material = bytes.fromhex(key["key"])
    return MATERIAL_PROVIDERS.create_raw_aes_keyring(
        CreateRawAesKeyringInput(
            key_namespace=key["namespace"],
            key_name=key["name"],
            wrapping_key=material,
            wrapping_alg=KEYRING_ALGORITHMS[len(material)],
        )
    )


def wrapping_key(key):
    """What a master key wraps with."""
    if "padding" in key:
        algorithm, material = MASTER_KEY_PADDINGS[key["padding"]], key["private"].encode()
        kind = EncryptionKeyType.PRIVATE
    else:
        material = bytes.fromhex(key["key"])
        algorithm, kind = MASTER_KEY_ALGORITHMS[len(material)], EncryptionKeyType.SYMMETRIC
    return WrappingKey(wrapping_algorithm=algorithm, wrapping_key=material, wrapping_key_type=kind)


class MasterKeys(RawMasterKeyProvider):
    """Several master keys of one namespace."""

    provider_id = "interop"

    def __new__(cls, **kwargs):
        return super().__new__(cls)

    def __init__(self, keys):
        super().__init__()
        self._keys = {key["name"].encode(): key for key in keys}
        for key in keys:
            self.add_master_key(key["name"])

    def _get_raw_key(self, key_id):
        return wrapping_key(self._keys[key_id])


def master_key_provider(keys):
    """All master keys as one, the first of which generates."""
    if any("kms" in key for key in keys):
        first, *others = [
            kms_keys.master_key_provider(key) if "kms" in key else MasterKeys(keys=[key])
            for key in keys
        ]
        for other in others:
            first.add_master_key_provider(other)
        return first
    if len(keys) > 1:
        return MasterKeys(keys=keys)
    (key,) = keys
    return RawMasterKey(
        provider_id=key["namespace"], key_id=key["name"], wrapping_key=wrapping_key(key)
    )


def key_argument(request):
    """The keys of a request, the first of which generates, as an argument of the client."""
    if request["api"] != "keyring":
        return {"key_provider": master_key_provider(request["keys"])}
    first, *others = [keyring(key, request["op"]) for key in request["keys"]]
    if not others:
        return {"keyring": first}
    several = CreateMultiKeyringInput(generator=first, child_keyrings=others)
    return {"keyring": MATERIAL_PROVIDERS.create_multi_keyring(several)}


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
