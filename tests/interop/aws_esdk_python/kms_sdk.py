"""The official AWS Encryption SDK, unmodified, against an AWS KMS that may be a fake: with its keyrings
and with its older master keys.

How it is run is in kms_check.py.
"""

import base64
import logging

from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders, models
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_encryption_sdk import EncryptionSDKClient
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError
from aws_encryption_sdk.identifiers import AlgorithmSuite
from aws_encryption_sdk.key_providers import kms as master_keys
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kms_check import CONTEXT, CURVES, EAST, KEYS, WEST, client, run, spki

PLAINTEXT = bytes(range(256)) * 40


class Sdk:
    """The official AWS Encryption SDK."""

    def __init__(self):
        # It tells its log about every refusal, and the refusals here are meant.
        logging.getLogger("aws_encryption_sdk").setLevel(logging.CRITICAL)
        self.client = EncryptionSDKClient()
        self.providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())

    def encrypt(self, **keys):
        """A message."""
        message, _ = self.client.encrypt(source=PLAINTEXT, encryption_context=CONTEXT, **keys)
        return message

    def opens(self, message, **keys):
        """The message must open."""
        plaintext, header = self.client.decrypt(source=message, **keys)
        assert plaintext == PLAINTEXT
        assert all(header.encryption_context[key] == value for key, value in CONTEXT.items())

    def stays_shut(self, message, **keys):
        """The message must not open."""
        try:
            self.client.decrypt(source=message, **keys)
        except AWSEncryptionSDKClientError:
            return
        raise AssertionError("a message opened with the wrong keys")

    def strict(self, name, region=EAST):
        """The keyring of one key."""
        return self.providers.create_aws_kms_keyring(
            models.CreateAwsKmsKeyringInput(kms_key_id=KEYS[name], kms_client=client(region))
        )

    def mrk(self, name, region):
        """The keyring of one multi-Region key."""
        return self.providers.create_aws_kms_mrk_keyring(
            models.CreateAwsKmsMrkKeyringInput(kms_key_id=KEYS[name], kms_client=client(region))
        )

    def filter(self, account="111122223333"):
        """A filter for discovery."""
        return models.DiscoveryFilter(account_ids=[account], partition="aws")


def strict():
    """One key, by keyring and by master key provider, each opening what the other wrote."""
    it = Sdk()
    keyring = it.strict("symmetric")
    provider = master_keys.StrictAwsKmsMasterKeyProvider(key_ids=[KEYS["symmetric"]])
    for message in [it.encrypt(keyring=keyring), it.encrypt(key_provider=provider)]:
        it.opens(message, keyring=keyring)
        it.opens(message, key_provider=provider)
        it.stays_shut(message, keyring=it.strict("multi_region"))


def several():
    """Two keys in two Regions; each opens the message alone."""
    it = Sdk()
    both = it.providers.create_aws_kms_multi_keyring(
        models.CreateAwsKmsMultiKeyringInput(
            generator=KEYS["symmetric"], kms_key_ids=[KEYS["symmetric_2"]]
        )
    )
    provider = master_keys.StrictAwsKmsMasterKeyProvider(key_ids=[KEYS["symmetric"], KEYS["symmetric_2"]])
    for message in [it.encrypt(keyring=both), it.encrypt(key_provider=provider)]:
        it.opens(message, keyring=both)
        it.opens(message, keyring=it.strict("symmetric"))
        it.opens(message, keyring=it.strict("symmetric_2", WEST))


def discovery():
    """Whatever key is named in the message, if the filter lets it through."""
    it = Sdk()
    message = it.encrypt(keyring=it.strict("symmetric"))

    def keyring(**filters):
        request = models.CreateAwsKmsDiscoveryKeyringInput(kms_client=client(), **filters)
        return it.providers.create_aws_kms_discovery_keyring(request)

    it.opens(message, keyring=keyring())
    it.opens(message, keyring=keyring(discovery_filter=it.filter()))
    it.stays_shut(message, keyring=keyring(discovery_filter=it.filter("444455556666")))
    native = master_keys.DiscoveryFilter(account_ids=["111122223333"], partition="aws")
    provider = master_keys.DiscoveryAwsKmsMasterKeyProvider(discovery_filter=native)
    it.opens(message, key_provider=provider)


def multi_region():
    """The replica opens what the primary key wrote, and the other way round."""
    it = Sdk()
    sides = [("multi_region", EAST), ("replica", WEST)]
    for (writer, there), (reader, here) in [sides, sides[::-1]]:
        native = master_keys.MRKAwareStrictAwsKmsMasterKeyProvider(key_ids=[KEYS[writer]])
        for message in [it.encrypt(keyring=it.mrk(writer, there)), it.encrypt(key_provider=native)]:
            it.opens(message, keyring=it.mrk(reader, here))
            it.stays_shut(message, keyring=it.strict(reader, here))
            native_reader = master_keys.MRKAwareStrictAwsKmsMasterKeyProvider(key_ids=[KEYS[reader]])
            it.opens(message, key_provider=native_reader)


def multi_region_discovery():
    """Discovery in the Region of the replica finds it, and no key that is elsewhere only."""
    it = Sdk()

    def keyring(region):
        request = models.CreateAwsKmsMrkDiscoveryKeyringInput(
            kms_client=client(region), region=region, discovery_filter=it.filter()
        )
        return it.providers.create_aws_kms_mrk_discovery_keyring(request)

    message = it.encrypt(keyring=it.mrk("multi_region", EAST))
    it.opens(message, keyring=keyring(WEST))
    it.stays_shut(message, keyring=keyring("eu-west-1"))
    it.stays_shut(it.encrypt(keyring=it.strict("symmetric")), keyring=keyring(WEST))
    native = master_keys.MRKAwareDiscoveryAwsKmsMasterKeyProvider(discovery_region=WEST)
    it.opens(message, key_provider=native)


def rsa_keyring():
    """Offline with the public key; back in the service, with both hashes."""
    it = Sdk()
    suite = AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY
    for name, algorithm in [("rsa_2048", "RSAES_OAEP_SHA_1"), ("rsa_4096", "RSAES_OAEP_SHA_256")]:
        der = client().get_public_key(KeyId=KEYS[name])["PublicKey"]
        text = base64.encodebytes(der).decode()
        keyring = it.providers.create_aws_kms_rsa_keyring(
            models.CreateAwsKmsRsaKeyringInput(
                public_key=f"-----BEGIN PUBLIC KEY-----\n{text}-----END PUBLIC KEY-----\n".encode(),
                kms_key_id=KEYS[name],
                encryption_algorithm=algorithm,
                kms_client=client(),
            )
        )
        it.opens(it.encrypt(keyring=keyring, algorithm=suite), keyring=keyring)


def ecdh_keyring():
    """The SDK agrees with a recipient on the key of a message, and the recipient on his own side."""
    it = Sdk()
    for name, spec in CURVES:
        sender = client().get_public_key(KeyId=KEYS[name])["PublicKey"]
        recipient = ec.generate_private_key(serialization.load_der_public_key(sender).curve)
        scheme = models.KmsPrivateKeyToStaticPublicKeyInput(
            sender_kms_identifier=KEYS[name], recipient_public_key=spki(recipient)
        )
        keyring = it.providers.create_aws_kms_ecdh_keyring(
            models.CreateAwsKmsEcdhKeyringInput(
                key_agreement_scheme=models.KmsEcdhStaticConfigurationsKmsPrivateKeyToStaticPublicKey(scheme),
                curve_spec=spec,
                kms_client=client(),
            )
        )
        message = it.encrypt(keyring=keyring)
        it.opens(message, keyring=keyring)
        pem = recipient.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        scheme = models.RawPrivateKeyToStaticPublicKeyInput(
            sender_static_private_key=pem, recipient_public_key=sender
        )
        raw = it.providers.create_raw_ecdh_keyring(
            models.CreateRawEcdhKeyringInput(
                key_agreement_scheme=models.RawEcdhStaticConfigurationsRawPrivateKeyToStaticPublicKey(scheme),
                curve_spec=spec,
            )
        )
        it.opens(message, keyring=raw)


if __name__ == "__main__":
    run(
        strict,
        several,
        discovery,
        multi_region,
        multi_region_discovery,
        rsa_keyring,
        ecdh_keyring,
    )
