"""Keyrings of keys on elliptic curves."""

import base64

from aws_cryptographic_material_providers.mpl import models
from aws_cryptography_primitives.smithygenerated.aws_cryptography_primitives import models as primitives

CURVES = {
    "P-256": primitives.ECDHCurveSpec.ECC_NIST_P256,
    "P-384": primitives.ECDHCurveSpec.ECC_NIST_P384,
    "P-521": primitives.ECDHCurveSpec.ECC_NIST_P521,
}


def der(pem):
    """What stands between the lines of PEM."""
    return base64.b64decode("".join(line for line in pem.splitlines() if "-----" not in line))


def configuration(key, op):
    """Between two keys, or by an ephemeral one to a recipient, who finds out from whom."""
    if key["sender"]:
        scheme = models.RawEcdhStaticConfigurationsRawPrivateKeyToStaticPublicKey(
            models.RawPrivateKeyToStaticPublicKeyInput(
                sender_static_private_key=key["sender"].encode(),
                recipient_public_key=der(key["public"]),
            )
        )
    elif op == "encrypt":
        scheme = models.RawEcdhStaticConfigurationsEphemeralPrivateKeyToStaticPublicKey(
            models.EphemeralPrivateKeyToStaticPublicKeyInput(recipient_public_key=der(key["public"]))
        )
    else:
        scheme = models.RawEcdhStaticConfigurationsPublicKeyDiscovery(
            models.PublicKeyDiscoveryInput(recipient_static_private_key=key["recipient"].encode())
        )
    return models.CreateRawEcdhKeyringInput(key_agreement_scheme=scheme, curve_spec=CURVES[key["curve"]])
