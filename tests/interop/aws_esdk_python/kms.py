"""Unmodified clients of AWS against an AWS KMS that may be a fake: boto3, and the official AWS
Encryption SDK with its keyrings and with its older master keys.

    kms.py CHECK KEYS

KEYS is a JSON object: the ARNs of the sample keys by name. Where the service is, is in the
environment (AWS_ENDPOINT_URL_KMS and so on). Ends with 0 if the check passes.
"""

import base64
import json
import logging
import sys

import boto3
from botocore.exceptions import ClientError

KEYS = json.loads(sys.argv[2])
EAST, WEST = "us-east-1", "us-west-2"
CONTEXT = {"purpose": "certification", "ünicode": "ключ"}
PLAINTEXT = bytes(range(256)) * 40


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


def operations():
    """Every operation that the fake has, when all is well."""
    kms = client()
    created = kms.create_key(Description="one", MultiRegion=True)["KeyMetadata"]
    key = created["Arn"]
    assert created["KeyId"].startswith("mrk-") and created["KeyState"] == "Enabled"
    replica = kms.replicate_key(KeyId=key, ReplicaRegion=WEST)["ReplicaKeyMetadata"]
    assert replica["MultiRegionConfiguration"]["PrimaryKey"]["Arn"] == key
    described = kms.describe_key(KeyId=created["KeyId"])["KeyMetadata"]
    assert described["Arn"] == key and described["CreationDate"].year > 2000
    listed = [k["KeyArn"] for page in kms.get_paginator("list_keys").paginate() for k in page["Keys"]]
    assert key in listed and replica["Arn"] not in listed

    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    aliases = kms.list_aliases(KeyId=key)["Aliases"]
    assert [alias["AliasName"] for alias in aliases] == ["alias/mine"]

    data = kms.generate_data_key(KeyId="alias/mine", KeySpec="AES_256", EncryptionContext=CONTEXT)
    assert data["KeyId"] == key and len(data["Plaintext"]) == 32
    opened = kms.decrypt(CiphertextBlob=data["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == data["Plaintext"] and opened["KeyId"] == key
    west = client(WEST).decrypt(
        CiphertextBlob=data["CiphertextBlob"], EncryptionContext=CONTEXT, KeyId=replica["Arn"]
    )
    assert west["Plaintext"] == data["Plaintext"] and west["KeyId"] == replica["Arn"]
    hidden = kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=17)
    assert "Plaintext" not in hidden
    assert len(kms.decrypt(CiphertextBlob=hidden["CiphertextBlob"])["Plaintext"]) == 17

    sealed = kms.encrypt(KeyId=key, Plaintext=b"text")["CiphertextBlob"]
    kms.rotate_key_on_demand(KeyId=key)
    moved = kms.re_encrypt(
        CiphertextBlob=sealed,
        SourceKeyId=key,
        DestinationKeyId=KEYS["symmetric"],
        DestinationEncryptionContext=CONTEXT,
    )
    assert (moved["SourceKeyId"], moved["KeyId"]) == (key, KEYS["symmetric"])
    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == b"text"

    grant = kms.create_grant(KeyId=key, GranteePrincipal="arn:aws:iam::1:user/a", Operations=["Decrypt"])
    kms.decrypt(CiphertextBlob=sealed, GrantTokens=[grant["GrantToken"]])
    assert [g["GrantId"] for g in kms.list_grants(KeyId=key)["Grants"]] == [grant["GrantId"]]
    kms.retire_grant(GrantToken=grant["GrantToken"])
    again = kms.create_grant(KeyId=key, GranteePrincipal="arn:aws:iam::1:user/a", Operations=["Decrypt"])
    kms.revoke_grant(KeyId=key, GrantId=again["GrantId"])
    assert kms.list_grants(KeyId=key)["Grants"] == []

    kms.disable_key(KeyId=key)
    kms.enable_key(KeyId=key)
    deleted = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert deleted["KeyState"] == "PendingDeletion" and deleted["DeletionDate"].year > 2000
    assert kms.cancel_key_deletion(KeyId=key)["KeyId"] == key
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    kms.delete_alias(AliasName="alias/mine")


def errors():
    """Every way to be refused, as an exception of boto3."""
    kms = client()
    key = KEYS["symmetric"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"text", EncryptionContext=CONTEXT)["CiphertextBlob"]
    tampered = blob[:-1] + bytes([blob[-1] ^ 1])
    for bad, context in [(blob, {}), (blob, {"a": "b"}), (tampered, CONTEXT), (blob[:-1], CONTEXT), (b"?", {})]:
        message = refused(
            "InvalidCiphertextException", kms.decrypt, CiphertextBlob=bad, EncryptionContext=context
        )
        assert message == ""
    message = refused(
        "IncorrectKeyException",
        kms.decrypt,
        CiphertextBlob=blob,
        EncryptionContext=CONTEXT,
        KeyId=KEYS["multi_region"],
    )
    assert "does not identify a CMK" in message
    refused("NotFoundException", client(WEST).decrypt, CiphertextBlob=blob, EncryptionContext=CONTEXT)
    refused("NotFoundException", kms.describe_key, KeyId="alias/nobody")
    refused("NotFoundException", kms.describe_key, KeyId="1234abcd-12ab-34cd-56ef-1234567890ab")
    refused("NotFoundException", kms.describe_key, KeyId=KEYS["symmetric_2"])
    refused("NotFoundException", kms.delete_alias, AliasName="alias/nobody")
    refused("NotFoundException", kms.retire_grant, GrantToken="nobody gave this")
    refused("DisabledException", kms.generate_data_key, KeyId=KEYS["disabled"], KeySpec="AES_256")
    refused("DisabledException", kms.get_public_key, KeyId=disabled_rsa(kms))
    refused("KMSInvalidStateException", kms.encrypt, KeyId=KEYS["pending_deletion"], Plaintext=b"x")
    refused("KMSInvalidStateException", kms.enable_key, KeyId=KEYS["pending_deletion"])
    refused("KMSInvalidStateException", kms.cancel_key_deletion, KeyId=key)
    refused("ValidationException", kms.encrypt, KeyId=key, Plaintext=b"x" * 4097)
    refused("ValidationException", kms.generate_data_key, KeyId=key)
    refused("ValidationException", kms.generate_data_key, KeyId=key, KeySpec="AES_192")
    refused("ValidationException", kms.create_alias, AliasName="name", TargetKeyId=key)
    refused("ValidationException", kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=31)
    refused("ValidationException", kms.create_key, KeySpec="RSA_2048")
    refused("ValidationException", kms.encrypt, KeyId=key, Plaintext=b"x", GrantTokens=["t"] * 11)
    refused("InvalidGrantTokenException", kms.encrypt, KeyId=key, Plaintext=b"x", GrantTokens=["t"])
    refused("AlreadyExistsException", kms.create_alias, AliasName="alias/symmetric", TargetKeyId=key)
    refused("AlreadyExistsException", kms.replicate_key, KeyId=KEYS["multi_region"], ReplicaRegion=WEST)
    refused("InvalidAliasNameException", kms.create_alias, AliasName="alias/a b", TargetKeyId=key)
    refused("InvalidMarkerException", kms.list_keys, Marker="x")
    refused("UnsupportedOperationException", kms.get_public_key, KeyId=key)
    refused("UnsupportedOperationException", kms.replicate_key, KeyId=key, ReplicaRegion=WEST)
    refused("UnsupportedOperationException", kms.generate_data_key_pair, KeyId=key, KeyPairSpec="SM2")
    refused("InvalidKeyUsageException", kms.generate_data_key, KeyId=KEYS["rsa_2048"], KeySpec="AES_256")
    refused("InvalidKeyUsageException", kms.encrypt, KeyId=KEYS["rsa_2048"], Plaintext=b"x")
    refused("DryRunOperationException", kms.encrypt, KeyId=key, Plaintext=b"x", DryRun=True)


def signatures():
    """Whoever signs with the secret is answered, whatever is sent along, and nobody else."""
    client().list_keys()
    boto3.client("kms", region_name=WEST, aws_session_token="a token").list_keys()
    own = boto3.Session().get_credentials()
    for wrong in ["another secret", own.secret_key + "x", own.secret_key.upper()]:
        forger = boto3.client("kms", aws_access_key_id=own.access_key, aws_secret_access_key=wrong)
        message = refused("InvalidSignatureException", forger.list_keys)
        assert message.startswith("The request signature we calculated does not match"), message
    stranger = boto3.client("kms", aws_access_key_id="AKIDNOBODY", aws_secret_access_key=own.secret_key)
    refused("UnrecognizedClientException", stranger.list_keys)


def policies():
    """What the policy of a key says is done, over what its users may otherwise do."""
    kms, key = client(), KEYS["symmetric"]
    reader = boto3.client(
        "kms", aws_access_key_id="AKIDREADER", aws_secret_access_key="no secret of the reader"
    )
    me, they = (f"arn:aws:iam::111122223333:user/{name}" for name in ("writer", "reader"))
    assert kms.list_key_policies(KeyId=key)["PolicyNames"] == ["default"]
    usual = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    [statement] = json.loads(usual)["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    message = refused("AccessDeniedException", reader.encrypt, KeyId=key, Plaintext=b"x")
    assert "no identity-based policy allows the kms:Encrypt action" in message, message

    def put(*statements):
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=text)
        assert kms.get_key_policy(KeyId=key)["Policy"] == text

    def rule(effect, who, *actions, **members):
        return {"Effect": effect, "Principal": {"AWS": who}, "Action": list(actions), "Resource": "*", **members}

    context = {"StringEquals": {"kms:EncryptionContext:purpose": "certification"}}
    put(statement, rule("Allow", they, "kms:Encrypt", Condition=context))
    reader.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=CONTEXT)
    refused("AccessDeniedException", reader.encrypt, KeyId=key, Plaintext=b"x")

    put(statement, rule("Deny", "*", "kms:Decrypt", "kms:ReEncrypt*"))
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    message = refused("AccessDeniedException", kms.decrypt, CiphertextBlob=blob)
    denied = f"User: {me} is not authorized to perform: kms:Decrypt on resource: {key} "
    assert message == denied + "with an explicit deny in a resource-based policy", message

    put(rule("Allow", me, "kms:*"))
    refused("AccessDeniedException", reader.describe_key, KeyId=key)
    request = {"KeyId": key, "PolicyName": "default"}
    alone = json.dumps({"Statement": rule("Allow", they, "kms:*")})
    for bad in [alone, "?", json.dumps({"Statement": rule("Allow", me, "kms:*", NotAction="kms:Decrypt")})]:
        refused("MalformedPolicyDocumentException", kms.put_key_policy, Policy=bad, **request)
    kms.put_key_policy(Policy=alone, BypassPolicyLockoutSafetyCheck=True, **request)
    message = refused("AccessDeniedException", kms.get_key_policy, **request)
    assert "no resource-based policy allows the kms:GetKeyPolicy action" in message, message
    created = reader.get_key_policy(**request)
    assert created["Policy"] == alone and created["PolicyName"] == "default"
    own = kms.create_key(Policy=usual)["KeyMetadata"]["Arn"]
    assert kms.get_key_policy(KeyId=own)["Policy"] == usual


def expired():
    """The service's clock is ahead."""
    message = refused("InvalidSignatureException", client().list_keys)
    assert message.startswith("Signature expired: ") and message.endswith(" - 15 min.)"), message


def early():
    """The service's clock is behind."""
    message = refused("InvalidSignatureException", client().list_keys)
    assert message.startswith("Signature not yet current: ") and message.endswith(" + 15 min.)"), message


def disabled_rsa(kms):
    """A disabled RSA key."""
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=key)
    return key


def rsa():
    """Ciphertexts that another library made decrypt here, for all sizes and both hashes."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding

    kms = client()
    for name, size in [("rsa_2048", 256), ("rsa_3072", 384), ("rsa_4096", 512)]:
        answer = kms.get_public_key(KeyId=KEYS[name])
        public = serialization.load_der_public_key(answer["PublicKey"])
        for algorithm, digest in [("RSAES_OAEP_SHA_1", hashes.SHA1()), ("RSAES_OAEP_SHA_256", hashes.SHA256())]:
            assert algorithm in answer["EncryptionAlgorithms"]
            oaep = padding.OAEP(padding.MGF1(digest), digest, None)
            most = size - 2 * digest.digest_size - 2
            request = {"KeyId": KEYS[name], "EncryptionAlgorithm": algorithm}
            local = public.encrypt(b"x" * most, oaep)
            assert kms.decrypt(CiphertextBlob=local, **request)["Plaintext"] == b"x" * most
            remote = kms.encrypt(Plaintext=b"y" * most, **request)["CiphertextBlob"]
            assert len(remote) == size
            assert kms.decrypt(CiphertextBlob=remote, **request)["Plaintext"] == b"y" * most
            message = refused("ValidationException", kms.encrypt, Plaintext=b"y" * (most + 1), **request)
            assert f"cannot encrypt data larger than {most} bytes" in message, message
            damaged = remote[:-1] + bytes([remote[-1] ^ 1])
            refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=damaged, **request)


CURVES = [("ecc_p256", "ECC_NIST_P256"), ("ecc_p384", "ECC_NIST_P384"), ("ecc_p521", "ECC_NIST_P521")]


def spki(private_key):
    """The public half of a key, as KMS wants it."""
    from cryptography.hazmat.primitives import serialization

    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private_key.public_key().public_bytes(serialization.Encoding.DER, form)


def agreement():
    """Secrets are those that another library finds from the other side."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    kms = client()
    for name, spec in CURVES:
        answer = kms.get_public_key(KeyId=KEYS[name])
        assert (answer["KeySpec"], answer["KeyUsage"]) == (spec, "KEY_AGREEMENT")
        assert answer["KeyAgreementAlgorithms"] == ["ECDH"] and "EncryptionAlgorithms" not in answer
        theirs = serialization.load_der_public_key(answer["PublicKey"])
        ours = ec.generate_private_key(theirs.curve)
        request = {"KeyId": KEYS[name], "KeyAgreementAlgorithm": "ECDH"}
        derived = kms.derive_shared_secret(PublicKey=spki(ours), **request)
        assert derived["SharedSecret"] == ours.exchange(ec.ECDH(), theirs)
        assert (derived["KeyId"], derived["KeyOrigin"]) == (KEYS[name], "AWS_KMS")
        foreign = ec.generate_private_key(ec.SECP256K1())
        damaged = spki(ours)[:-1] + bytes([spki(ours)[-1] ^ 1])
        for bad in [spki(foreign), damaged, spki(ours)[:-1], b"?"]:
            refused("ValidationException", kms.derive_shared_secret, PublicKey=bad, **request)
        refused("InvalidKeyUsageException", kms.encrypt, KeyId=KEYS[name], Plaintext=b"x")
        request["KeyId"] = KEYS["symmetric"]
        refused("InvalidKeyUsageException", kms.derive_shared_secret, PublicKey=spki(ours), **request)


def pairs():
    """Private keys come back from their ciphertexts, and belong to the public keys."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding

    kms = client()
    rsa_specs = ["RSA_2048", "RSA_3072", "RSA_4096"]
    for spec in rsa_specs + [spec for _, spec in CURVES]:
        request = {"KeyId": "alias/symmetric", "KeyPairSpec": spec, "EncryptionContext": CONTEXT}
        pair = kms.generate_data_key_pair(**request)
        assert (pair["KeyId"], pair["KeyPairSpec"]) == (KEYS["symmetric"], spec)
        blob = pair["PrivateKeyCiphertextBlob"]
        opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"]
        assert opened == pair["PrivateKeyPlaintext"]
        refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=blob)
        private = serialization.load_der_private_key(opened, password=None)
        public = serialization.load_der_public_key(pair["PublicKey"])
        if spec in rsa_specs:
            assert private.key_size == int(spec[4:])
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
            public.verify(private.sign(b"text", pss, hashes.SHA256()), b"text", pss, hashes.SHA256())
        else:
            assert private.curve.key_size == int(spec[-3:])
            public.verify(private.sign(b"text", ec.ECDSA(hashes.SHA256())), b"text", ec.ECDSA(hashes.SHA256()))
        hidden = kms.generate_data_key_pair_without_plaintext(**request)
        assert "PrivateKeyPlaintext" not in hidden and hidden["PublicKey"] != pair["PublicKey"]
    refused("InvalidKeyUsageException", kms.generate_data_key_pair, KeyId=KEYS["rsa_2048"], KeyPairSpec="RSA_2048")


def imports():
    """Material that we made goes in, goes away and comes back."""
    import datetime

    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding

    kms = client()
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]
    assert (key["Origin"], key["KeyState"], key["Enabled"]) == ("EXTERNAL", "PendingImport", False)
    key = key["Arn"]
    assert "is pending import." in refused("KMSInvalidStateException", kms.encrypt, KeyId=key, Plaintext=b"x")
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)

    def bring(material, **more):
        parameters = kms.get_parameters_for_import(
            KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_3072"
        )
        left = parameters["ParametersValidTo"] - datetime.datetime.now(datetime.timezone.utc)
        assert abs(left - datetime.timedelta(days=1)) < datetime.timedelta(minutes=10), left
        public = serialization.load_der_public_key(parameters["PublicKey"])
        request = {
            "KeyId": key,
            "ImportToken": parameters["ImportToken"],
            "EncryptedKeyMaterial": public.encrypt(material, oaep),
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        }
        return {**request, **more}

    material = bytes(range(32))
    assert kms.import_key_material(**bring(material))["KeyId"] == key
    sealed = kms.encrypt(KeyId=key, Plaintext=b"text")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key)
    refused("KMSInvalidStateException", kms.decrypt, CiphertextBlob=sealed)
    refused("IncorrectKeyMaterialException", kms.import_key_material, **bring(material[::-1]))
    refused("IncorrectKeyMaterialException", kms.import_key_material, **bring(material[:16]))
    refused("InvalidImportTokenException", kms.import_key_material, **bring(material, ImportToken=b"?"))
    wrong = bytes(384)
    refused("InvalidCiphertextException", kms.import_key_material, **bring(material, EncryptedKeyMaterial=wrong))
    later = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=7)).replace(microsecond=0)
    refused("ValidationException", kms.import_key_material, **bring(material, ValidTo=later))
    kms.import_key_material(**bring(material, ValidTo=later, ExpirationModel="KEY_MATERIAL_EXPIRES"))
    described = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert (described["ExpirationModel"], described["ValidTo"]) == ("KEY_MATERIAL_EXPIRES", later)
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"text"
    refused("UnsupportedOperationException", kms.import_key_material, **bring(material, KeyId=KEYS["symmetric"]))


class Sdk:
    """The official AWS Encryption SDK."""

    def __init__(self):
        import aws_encryption_sdk
        from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
        from aws_cryptographic_material_providers.mpl import models
        from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig

        # It tells its log about every refusal, and the refusals here are meant.
        logging.getLogger("aws_encryption_sdk").setLevel(logging.CRITICAL)
        self.sdk = aws_encryption_sdk
        self.client = aws_encryption_sdk.EncryptionSDKClient()
        self.models = models
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
        except self.sdk.exceptions.AWSEncryptionSDKClientError:
            return
        raise AssertionError("a message opened with the wrong keys")

    def strict(self, name, region=EAST):
        """The keyring of one key."""
        return self.providers.create_aws_kms_keyring(
            self.models.CreateAwsKmsKeyringInput(kms_key_id=KEYS[name], kms_client=client(region))
        )

    def mrk(self, name, region):
        """The keyring of one multi-Region key."""
        return self.providers.create_aws_kms_mrk_keyring(
            self.models.CreateAwsKmsMrkKeyringInput(kms_key_id=KEYS[name], kms_client=client(region))
        )

    def filter(self, account="111122223333"):
        """A filter for discovery."""
        return self.models.DiscoveryFilter(account_ids=[account], partition="aws")


def strict():
    """One key, by keyring and by master key provider, each opening what the other wrote."""
    it = Sdk()
    keyring = it.strict("symmetric")
    provider = it.sdk.StrictAwsKmsMasterKeyProvider(key_ids=[KEYS["symmetric"]])
    for message in [it.encrypt(keyring=keyring), it.encrypt(key_provider=provider)]:
        it.opens(message, keyring=keyring)
        it.opens(message, key_provider=provider)
        it.stays_shut(message, keyring=it.strict("multi_region"))


def several():
    """Two keys in two Regions; each opens the message alone."""
    it = Sdk()
    both = it.providers.create_aws_kms_multi_keyring(
        it.models.CreateAwsKmsMultiKeyringInput(
            generator=KEYS["symmetric"], kms_key_ids=[KEYS["symmetric_2"]]
        )
    )
    provider = it.sdk.StrictAwsKmsMasterKeyProvider(key_ids=[KEYS["symmetric"], KEYS["symmetric_2"]])
    for message in [it.encrypt(keyring=both), it.encrypt(key_provider=provider)]:
        it.opens(message, keyring=both)
        it.opens(message, keyring=it.strict("symmetric"))
        it.opens(message, keyring=it.strict("symmetric_2", WEST))


def discovery():
    """Whatever key is named in the message, if the filter lets it through."""
    it = Sdk()
    message = it.encrypt(keyring=it.strict("symmetric"))

    def keyring(**filters):
        request = it.models.CreateAwsKmsDiscoveryKeyringInput(kms_client=client(), **filters)
        return it.providers.create_aws_kms_discovery_keyring(request)

    it.opens(message, keyring=keyring())
    it.opens(message, keyring=keyring(discovery_filter=it.filter()))
    it.stays_shut(message, keyring=keyring(discovery_filter=it.filter("444455556666")))
    native = it.sdk.key_providers.kms.DiscoveryFilter(account_ids=["111122223333"], partition="aws")
    provider = it.sdk.DiscoveryAwsKmsMasterKeyProvider(discovery_filter=native)
    it.opens(message, key_provider=provider)


def multi_region():
    """The replica opens what the primary key wrote, and the other way round."""
    it = Sdk()
    sides = [("multi_region", EAST), ("replica", WEST)]
    for (writer, there), (reader, here) in [sides, sides[::-1]]:
        native = it.sdk.key_providers.kms.MRKAwareStrictAwsKmsMasterKeyProvider(key_ids=[KEYS[writer]])
        for message in [it.encrypt(keyring=it.mrk(writer, there)), it.encrypt(key_provider=native)]:
            it.opens(message, keyring=it.mrk(reader, here))
            it.stays_shut(message, keyring=it.strict(reader, here))
            native_reader = it.sdk.key_providers.kms.MRKAwareStrictAwsKmsMasterKeyProvider(key_ids=[KEYS[reader]])
            it.opens(message, key_provider=native_reader)


def multi_region_discovery():
    """Discovery in the Region of the replica finds it, and no key that is elsewhere only."""
    it = Sdk()

    def keyring(region):
        request = it.models.CreateAwsKmsMrkDiscoveryKeyringInput(
            kms_client=client(region), region=region, discovery_filter=it.filter()
        )
        return it.providers.create_aws_kms_mrk_discovery_keyring(request)

    message = it.encrypt(keyring=it.mrk("multi_region", EAST))
    it.opens(message, keyring=keyring(WEST))
    it.stays_shut(message, keyring=keyring("eu-west-1"))
    it.stays_shut(it.encrypt(keyring=it.strict("symmetric")), keyring=keyring(WEST))
    native = it.sdk.key_providers.kms.MRKAwareDiscoveryAwsKmsMasterKeyProvider(discovery_region=WEST)
    it.opens(message, key_provider=native)


def rsa_keyring():
    """Offline with the public key; back in the service, with both hashes."""
    it = Sdk()
    suite = it.sdk.identifiers.AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY
    for name, algorithm in [("rsa_2048", "RSAES_OAEP_SHA_1"), ("rsa_4096", "RSAES_OAEP_SHA_256")]:
        der = client().get_public_key(KeyId=KEYS[name])["PublicKey"]
        text = base64.encodebytes(der).decode()
        keyring = it.providers.create_aws_kms_rsa_keyring(
            it.models.CreateAwsKmsRsaKeyringInput(
                public_key=f"-----BEGIN PUBLIC KEY-----\n{text}-----END PUBLIC KEY-----\n".encode(),
                kms_key_id=KEYS[name],
                encryption_algorithm=algorithm,
                kms_client=client(),
            )
        )
        it.opens(it.encrypt(keyring=keyring, algorithm=suite), keyring=keyring)


def ecdh_keyring():
    """The SDK agrees with a recipient on the key of a message, and the recipient on his own side."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    it = Sdk()
    models = it.models
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


CHECKS = [
    operations,
    errors,
    signatures,
    policies,
    expired,
    early,
    rsa,
    agreement,
    pairs,
    imports,
    strict,
    several,
    discovery,
    multi_region,
    multi_region_discovery,
    rsa_keyring,
    ecdh_keyring,
]

if __name__ == "__main__":
    {check.__name__: check for check in CHECKS}[sys.argv[1]]()
