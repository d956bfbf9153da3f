"""boto3, unmodified, against an AWS KMS that may be a fake: keys, errors, signatures and policies.

How it is run is in kms_check.py.
"""

import json

import boto3

from kms_check import CONTEXT, EAST, KEYS, WEST, client, refused, run


def operations():
    """A key from its creation to its deletion, and what is done with it meanwhile."""
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
    """Errors arrive as the exceptions that boto3 has for them."""
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


def disabled_rsa(kms):
    """A disabled RSA key."""
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=key)
    return key


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


if __name__ == "__main__":
    run(operations, errors, signatures, policies, expired, early)
