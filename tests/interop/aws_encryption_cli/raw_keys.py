"""Wrapping keys for aws-encryption-cli, as --wrapping-keys provider=raw-keys key=NAME names them.
The file that CRYPTO_ENVELOPE_RAW_KEYS names holds them: a JSON list of what the peers call keys.
"""

import json
import os

from aws_encryption_sdk.identifiers import EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider

AES = {
    16: WrappingAlgorithm.AES_128_GCM_IV12_TAG16_NO_PADDING,
    24: WrappingAlgorithm.AES_192_GCM_IV12_TAG16_NO_PADDING,
    32: WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
}
RSA = {
    "pkcs1": WrappingAlgorithm.RSA_PKCS1,
    "oaep-sha1": WrappingAlgorithm.RSA_OAEP_SHA1_MGF1,
    "oaep-sha256": WrappingAlgorithm.RSA_OAEP_SHA256_MGF1,
    "oaep-sha384": WrappingAlgorithm.RSA_OAEP_SHA384_MGF1,
    "oaep-sha512": WrappingAlgorithm.RSA_OAEP_SHA512_MGF1,
}


class RawKeys(RawMasterKeyProvider):
    """The keys of the file, all of one namespace."""

    provider_id = "interop"

    def __new__(cls, **_kwargs):
        return super().__new__(cls)

    def __init__(self, **_kwargs):
        super().__init__()
        with open(os.environ["CRYPTO_ENVELOPE_RAW_KEYS"], encoding="utf-8") as file:
            self._keys = {key["name"].encode(): key for key in json.load(file)}

    def _get_raw_key(self, key_id):
        key = self._keys[key_id]
        if "padding" in key:
            kind = EncryptionKeyType.PRIVATE
            algorithm, material = RSA[key["padding"]], key["private"].encode()
        else:
            kind, material = EncryptionKeyType.SYMMETRIC, bytes.fromhex(key["key"])
            algorithm = AES[len(material)]
        return WrappingKey(
            wrapping_algorithm=algorithm, wrapping_key=material, wrapping_key_type=kind
        )
