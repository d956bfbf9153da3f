"""Keys of AWS KMS in the official SDK. Where KMS is, the environment says."""

import boto3
import raw_ecdh
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders, models
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import (
    CreateAwsKmsDiscoveryKeyringInput,
    CreateAwsKmsKeyringInput,
    CreateAwsKmsMrkDiscoveryKeyringInput,
    CreateAwsKmsMrkKeyringInput,
    CreateAwsKmsRsaKeyringInput,
    DiscoveryFilter as KeyringFilter,
)
from aws_encryption_sdk.key_providers.kms import (
    DiscoveryAwsKmsMasterKeyProvider,
    DiscoveryFilter as MasterKeyFilter,
    MRKAwareDiscoveryAwsKmsMasterKeyProvider,
    MRKAwareStrictAwsKmsMasterKeyProvider,
    StrictAwsKmsMasterKeyProvider,
)
from cryptography.hazmat.primitives import serialization

MATERIAL_PROVIDERS = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
RSA_ALGORITHMS = {"oaep-sha1": "RSAES_OAEP_SHA_1", "oaep-sha256": "RSAES_OAEP_SHA_256"}


def client(region):
    """KMS in a region."""
    return boto3.client("kms", region_name=region)


def strict_keyring(key):
    """Of one key."""
    return MATERIAL_PROVIDERS.create_aws_kms_keyring(
        CreateAwsKmsKeyringInput(kms_key_id=key["arn"], kms_client=client(key["region"]))
    )


def multi_region_keyring(key):
    """Of one key and its replicas."""
    return MATERIAL_PROVIDERS.create_aws_kms_mrk_keyring(
        CreateAwsKmsMrkKeyringInput(kms_key_id=key["arn"], kms_client=client(key["region"]))
    )


def discovery_keyring(key):
    """Of the keys of an account, of which only those of the client's region are found."""
    return MATERIAL_PROVIDERS.create_aws_kms_discovery_keyring(
        CreateAwsKmsDiscoveryKeyringInput(
            kms_client=client(key["region"]),
            discovery_filter=KeyringFilter(account_ids=[key["account"]], partition="aws"),
        )
    )


def multi_region_discovery_keyring(key):
    """Of the keys of an account that have a replica in a region."""
    return MATERIAL_PROVIDERS.create_aws_kms_mrk_discovery_keyring(
        CreateAwsKmsMrkDiscoveryKeyringInput(
            kms_client=client(key["region"]),
            region=key["region"],
            discovery_filter=KeyringFilter(account_ids=[key["account"]], partition="aws"),
        )
    )


def rsa_keyring(key):
    """Of an RSA key, with its public half."""
    return MATERIAL_PROVIDERS.create_aws_kms_rsa_keyring(
        CreateAwsKmsRsaKeyringInput(
            kms_key_id=key["arn"],
            kms_client=client(key["region"]),
            public_key=key["public"].encode(),
            encryption_algorithm=RSA_ALGORITHMS[key["padding"]],
        )
    )


def ecdh_keyring(key):
    """Of a key on an elliptic curve, and a public one that it agrees with."""
    kms = client(key["region"])
    own = kms.get_public_key(KeyId=key["arn"])["PublicKey"]
    scheme = models.KmsEcdhStaticConfigurationsKmsPrivateKeyToStaticPublicKey(
        models.KmsPrivateKeyToStaticPublicKeyInput(
            sender_kms_identifier=key["arn"],
            sender_public_key=own,
            recipient_public_key=raw_ecdh.der(key["peer"]),
        )
    )
    bits = serialization.load_der_public_key(own).curve.key_size
    return of_scheme(kms, scheme, raw_ecdh.CURVES[f"P-{bits}"])


def ecdh_discovery_keyring(key):
    """Of a key on an elliptic curve that finds out with whom to agree."""
    scheme = models.KmsEcdhStaticConfigurationsKmsPublicKeyDiscovery(
        models.KmsPublicKeyDiscoveryInput(recipient_kms_identifier=key["arn"])
    )
    return of_scheme(client(key["region"]), scheme, raw_ecdh.CURVES[key["curve"]])


def of_scheme(kms, scheme, curve):
    """Of keys on a curve."""
    return MATERIAL_PROVIDERS.create_aws_kms_ecdh_keyring(
        models.CreateAwsKmsEcdhKeyringInput(key_agreement_scheme=scheme, curve_spec=curve, kms_client=kms)
    )


KEYRINGS = {
    "ecdh": ecdh_keyring,
    "ecdh-discovery": ecdh_discovery_keyring,
    "strict": strict_keyring,
    "multi-region": multi_region_keyring,
    "discovery": discovery_keyring,
    "multi-region-discovery": multi_region_discovery_keyring,
    "rsa": rsa_keyring,
}


def keyring(key):
    """The keyring of one key."""
    return KEYRINGS[key["kms"]](key)


def master_key_provider(key):
    """The older form of the same."""
    kind = key["kms"]
    if kind == "strict":
        return StrictAwsKmsMasterKeyProvider(key_ids=[key["arn"]])
    if kind == "multi-region":
        return MRKAwareStrictAwsKmsMasterKeyProvider(key_ids=[key["arn"]])
    accounts = MasterKeyFilter(account_ids=[key["account"]], partition="aws")
    if kind == "discovery":
        return DiscoveryAwsKmsMasterKeyProvider(discovery_filter=accounts)
    return MRKAwareDiscoveryAwsKmsMasterKeyProvider(
        discovery_filter=accounts, discovery_region=key["region"]
    )
