"""A cluster of Ceph with gateways for S3, for as long as standard input is open: one monitor, one store
in memory, and two gateways, on 127.0.0.1 alone.

    ceph.py FOLDER CONFIGURATION

CONFIGURATION is a JSON object:

    "ports"                       free ones, an object with a number for each of PORTS
    "certificate", "private_key"  files of PEM for the gateway with TLS
    "ca"                          the file of who signed the certificate

When everything answers, it prints a line of JSON:

    "configuration"               the file that Ceph's own programs want
    "pool"                        where the data of objects is
    "http"                        a gateway that takes keys of customers without TLS
    "http_strict", "https"        another one, which does not: the default of Ceph
    "main", "alt"                 two users: {"access_key", "secret_key"}

If something does not, it says so, with the ends of all logs.
"""

import json
import os
import pathlib
import ssl
import subprocess
import sys
import time
import traceback
import urllib.request
import uuid

from daemons import Daemons

PORTS = ["monitor", "monitor_v1", "http", "http_strict", "https"]
USERS = {
    name: {"access_key": f"{name}accesskey".ljust(20, "0"), "secret_key": f"{name}secretkey".ljust(40, "0")}
    for name in ["main", "alt"]
}
# In seconds, for each step.
PATIENCE = 60
# In bytes, of each log.
END_OF_LOG = 800

# Without keys of its own, since nobody else comes in. One copy of everything, and no waiting for more.
SETTINGS = """
[global]
fsid = {fsid}
mon_host = {addresses}
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
# Gateways would insist on encryption, which cannot be without keys, and wait for minutes.
ms_mon_client_mode = crc
ms_bind_ipv6 = false
# Both: the store listens everywhere without the second.
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
run_dir = {folder}
admin_socket = {folder}/$name.asok
crash_dir = {folder}
keyring = {folder}/keyring
log_file = {folder}/$name.log
log_to_stderr = false
err_to_stderr = false
mon_cluster_log_file = {folder}/cluster.log
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
# Votes of one.
paxos_propose_interval = 0.05
paxos_min_wait = 0.02

[mon]
mon_data = {folder}/mon
# However full the disk is.
mon_data_avail_crit = 1
mon_data_avail_warn = 1

[osd]
osd_data = {folder}/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_class_load_list = *
osd_class_default_list = *

[client]
rgw_data = {folder}/rgw
rgw_run_sync_thread = false
rgw_enable_usage_log = false
rgw_dynamic_resharding = false
rgw_override_bucket_index_max_shards = 1
rgw_thread_pool_size = 32
"""


class Cluster:
    def __init__(self, folder, ports, certificate, private_key, ca):
        self.folder = pathlib.Path(folder).resolve()
        self.ports, self.certificate, self.private_key, self.ca = ports, certificate, private_key, ca
        self.configuration = self.folder / "ceph.conf"
        self.fsid = str(uuid.uuid4())
        self.addresses = "[v2:127.0.0.1:{monitor}/0,v1:127.0.0.1:{monitor_v1}/0]".format(**ports)
        # Settings of this machine are not for it.
        for variable in ["CEPH_ARGS", "CEPH_CONF"]:
            os.environ.pop(variable, None)
        self.daemons = Daemons(self.folder)

    def start(self):
        for name in ["mon", "osd", "rgw"]:
            (self.folder / name).mkdir()
        (self.folder / "keyring").touch()
        settings = SETTINGS.format(fsid=self.fsid, addresses=self.addresses, folder=self.folder)
        self.configuration.write_text(settings)
        self.start_monitor()
        self.start_store()
        for name, user in USERS.items():
            # The first of them waits for the store, and makes the pools.
            keys = ["--access-key", user["access_key"], "--secret-key", user["secret_key"]]
            self.run("radosgw-admin", "user", "create", "--uid", name, "--display-name", name, *keys)
        self.start_gateways()
        return {
            "configuration": str(self.configuration),
            "pool": "default.rgw.buckets.data",
            **self.gateways(),
            **USERS,
        }

    def start_monitor(self):
        map_file = self.folder / "monmap"
        addresses = self.addresses.replace("/0", "")
        self.run_alone("monmaptool", "--create", "--fsid", self.fsid, "--addv", "a", addresses, map_file)
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", map_file)
        self.start_daemon("ceph-mon", "-i", "a")

    def start_store(self):
        name = str(uuid.uuid4())
        self.run("ceph", "--connect-timeout", str(PATIENCE // 2), "osd", "new", name)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", name, "--no-mon-config")
        self.start_daemon("ceph-osd", "-i", "0")

    def start_gateways(self):
        frontends = {
            "open": "beast endpoint=127.0.0.1:{http}",
            "strict": "beast endpoint=127.0.0.1:{http_strict} ssl_endpoint=127.0.0.1:{https}",
        }
        frontends = {name: text.format(**self.ports) for name, text in frontends.items()}
        frontends["strict"] += f" ssl_certificate={self.certificate} ssl_private_key={self.private_key}"
        for name, require_ssl in [("open", "false"), ("strict", "true")]:
            self.start_daemon(
                "radosgw",
                "--name",
                f"client.rgw.{name}",
                f"--rgw-crypt-require-ssl={require_ssl}",
                f"--rgw-frontends={frontends[name]}",
            )
        for endpoint in self.gateways().values():
            self.wait_for(endpoint)

    def gateways(self):
        return {
            "http": "http://127.0.0.1:{http}".format(**self.ports),
            "http_strict": "http://127.0.0.1:{http_strict}".format(**self.ports),
            "https": "https://127.0.0.1:{https}".format(**self.ports),
        }

    def wait_for(self, endpoint):
        context = ssl.create_default_context(cafile=self.ca)
        # Whatever this machine says about proxies.
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
        opener = urllib.request.build_opener(*handlers)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return opener.open(endpoint, timeout=PATIENCE).close()
            except OSError:
                if time.monotonic() > end:
                    raise
                self.demand_life()
                time.sleep(0.05)

    def run(self, program, *arguments):
        self.run_alone(program, "--conf", self.configuration, *arguments)

    def run_alone(self, *arguments):
        with open(self.folder / "steps.log", "ab") as log:
            self.daemons.run(arguments, stdout=log, stderr=subprocess.STDOUT, timeout=PATIENCE)

    def start_daemon(self, program, *arguments):
        with open(self.folder / f"{program}.{len(self.daemons.running)}.log", "wb") as log:
            command = [program, "-f", "--conf", self.configuration, *arguments]
            self.daemons.start(command, stdout=log, stderr=subprocess.STDOUT)

    def demand_life(self):
        for daemon in self.daemons.running:
            if daemon.poll() is not None:
                raise RuntimeError(f"{daemon.args[0]} ended ({daemon.returncode})")

    def watch(self):
        while True:
            self.demand_life()
            time.sleep(0.2)

    def ends_of_logs(self):
        for path in sorted(self.folder.glob("*.log")):
            if end := path.read_bytes()[-END_OF_LOG:]:
                yield f"-- {path.name}\n{end.decode(errors='replace').strip()}\n"


def main():
    cluster = Cluster(sys.argv[1], **json.loads(sys.argv[2]))
    try:
        print(json.dumps(cluster.start()), flush=True)
        cluster.watch()
    except BaseException:
        words = [*cluster.ends_of_logs(), traceback.format_exc()]
        cluster.daemons.end(1, last_deed=lambda: sys.stderr.writelines(words))


main()
