"""The vendor's own clients of Alibaba Cloud KMS, unmodified, asked line by line.

    peer.py CONFIGURATION

CONFIGURATION is a JSON object with what the clients need:

    "instance": {"endpoint", "protocol", "client_key_file", "password", "ca"}
    "openapi":  {"endpoint", "protocol", "access_key_id", "access_key_secret", "security_token"}

A request is a line of JSON: {"client", "call", "parameters"}, where "client" is a key of CLIENTS, and the
parameters have the names of the API. Bytes are {"hex": ...}, in answers too; {"pairs": [[key, value], ...]}
is an object whose members stand in this order. The answer is {"ok": true,
"answer": ...}, or {"ok": true, "refused": {"code", "message", "status"}} if KMS refused.
"""

import json
import re
import sys
import traceback

from alibabacloud_kms20160120 import models as openapi_models
from alibabacloud_kms20160120.client import Client as OpenApi
from alibabacloud_kms_kms20160120.models import KmsConfig, KmsRuntimeOptions
from alibabacloud_kms_kms20160120.transfer_client import TransferClient
from alibabacloud_tea_openapi import models as tea_models
from alibabacloud_tea_util.models import RuntimeOptions
from openapi import models as instance_config
from openapi_util import models as instance_options
from sdk import models as instance_models
from sdk.client import Client as Instance

CONFIGURATION = json.loads(sys.argv[1])
INSTANCE = CONFIGURATION.get("instance", {})
OPENAPI = CONFIGURATION.get("openapi", {})
VERSION = "x-kms-migrationkeyversionid"


def snake(name):
    """The name of a method, of that of a call."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def instance_settings():
    return {
        "protocol": INSTANCE["protocol"],
        "endpoint": INSTANCE["endpoint"],
        "client_key_file": INSTANCE["client_key_file"],
        "password": INSTANCE["password"],
    }


def openapi_settings(**more):
    settings = {name: value for name, value in OPENAPI.items() if value is not None}
    return tea_models.Config(**settings, **more)


def instance(call, parameters):
    """By the gateway of an instance. The version of the key, a header, is in the answer too."""
    client = Instance(instance_config.Config(**instance_settings(), ca_file_path=INSTANCE["ca"]))
    request = getattr(instance_models, call + "Request")().from_map(parameters)
    options = instance_options.RuntimeOptions(response_headers=[VERSION], autoretry=False)
    answer = getattr(client, snake(call) + "_with_options")(request, options)
    return answer.to_map()


def openapi(call, parameters, **more):
    return ask(OpenApi(openapi_settings(**more)), call, parameters, RuntimeOptions())


def transfer(call, parameters, **more):
    config = KmsConfig(**instance_settings(), **more)
    openapi_config = openapi_settings() if OPENAPI else None
    client = TransferClient(config=openapi_config, kms_config=config)
    return ask(client, call, parameters, KmsRuntimeOptions(ca=INSTANCE["ca"], autoretry=False))


def ask(client, call, parameters, options):
    request = getattr(openapi_models, call + "Request")().from_map(parameters)
    return getattr(client, snake(call) + "_with_options")(request, options).body.to_map()


CLIENTS = {
    "instance": instance,
    "acs3": openapi,
    "rpc": lambda *asked: openapi(*asked, signature_algorithm="v2"),
    "acs4": lambda *asked: openapi(*asked, signature_version="v4", region_id="cn-hangzhou"),
    "transfer": transfer,
    "transfer-initial": lambda *asked: transfer(*asked, force_low_version_crypto_transfer=True),
}


def taken(value):
    """What a request means."""
    if isinstance(value, dict):
        if list(value) == ["hex"]:
            return bytes.fromhex(value["hex"])
        if list(value) == ["pairs"]:
            return dict(value["pairs"])
        return {name: taken(member) for name, member in value.items()}
    return value


def told(value):
    """The same the other way round."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, dict):
        return {name: told(member) for name, member in value.items()}
    return value


def answer(request):
    try:
        answered = CLIENTS[request["client"]](request["call"], taken(request["parameters"]))
    except Exception as error:
        code = getattr(error, "code", None)
        if code is None:
            raise
        data = getattr(error, "data", None) or {}
        status = data.get("httpCode") or data.get("statusCode") or getattr(error, "statusCode", None)
        return {"refused": {"code": code, "message": error.message, "status": status}}
    return {"answer": told(answered)}


for line in sys.stdin:
    try:
        result = {"ok": True, **answer(json.loads(line))}
    except Exception:
        result = {"ok": False, "error": traceback.format_exc()}
    print(json.dumps(result), flush=True)
