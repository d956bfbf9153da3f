"""What boto3, unmodified, gets from an AWS KMS that may be a fake, against the cryptography of another
library.

How it is run is in kms_check.py.
"""

import datetime

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from kms_check import CONTEXT, CURVES, KEYS, client, refused, run, spki


def rsa():
    """Ciphertexts that another library made decrypt here, for all sizes and both hashes."""
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


def agreement():
    """Secrets are those that another library finds from the other side."""
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
        foreign = spki(ec.generate_private_key(ec.SECP256K1()))
        refused("ValidationException", kms.derive_shared_secret, PublicKey=foreign, **request)
        refused("InvalidKeyUsageException", kms.encrypt, KeyId=KEYS[name], Plaintext=b"x")
        request["KeyId"] = KEYS["symmetric"]
        refused("InvalidKeyUsageException", kms.derive_shared_secret, PublicKey=spki(ours), **request)


def pairs():
    """Private keys come back from their ciphertexts, and belong to the public keys."""
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


if __name__ == "__main__":
    run(rsa, agreement, pairs, imports)
