"""Objects as the XML API of Google Cloud Storage has them, in memory: what the client of `object_store` asks
for, and nothing else. Servers of others lack conditions, attributes or uploads in parts of that API.

    gcs.py PORT

Buckets are there as soon as somebody names them, and keep all versions. Nobody is asked who he is.
"""

import hashlib
import itertools
import re
import sys
import threading
import time
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

LEAST_PART = 5 << 20
MOST_LISTED = 1000
KEPT_HEADERS = ("cache-control", "content-disposition", "content-encoding", "content-language", "content-type")


@dataclass
class Object:
    """Bytes, and what is said of them."""

    data: bytes
    headers: dict
    generation: int
    written: float

    @property
    def etag(self):
        """Of the bytes, as long as nobody composes objects."""
        return etag_of(self.data)

    def described(self):
        """The headers of an answer about it."""
        return self.headers | {
            "ETag": self.etag,
            "Last-Modified": formatdate(self.written, usegmt=True),
            "x-goog-generation": str(self.generation),
        }


class Refused(Exception):
    """A status, and nothing more."""


class Service:
    """All buckets."""

    def __init__(self):
        self.lock = threading.Lock()
        self.objects = {}
        self.versions = {}
        self.uploads = {}
        self.numbers = itertools.count(int(time.time() * 1e6))

    def store(self, name, data, headers, condition):
        """Under the condition that a generation is there, where 0 is none."""
        found = self.objects.get(name)
        if condition is not None and int(condition) != (found.generation if found else 0):
            raise Refused(412)
        stored = Object(data, headers, next(self.numbers), time.time())
        self.objects[name] = self.versions[name, str(stored.generation)] = stored
        return stored

    def find(self, name, generation=None):
        found = self.versions.get((name, generation)) if generation else self.objects.get(name)
        if found is None:
            raise Refused(404)
        return found

    def begin_upload(self, headers):
        upload = str(next(self.numbers))
        self.uploads[upload] = (headers, {})
        return upload

    def parts_of(self, upload):
        if upload not in self.uploads:
            raise Refused(404)
        return self.uploads[upload][1]

    def complete_upload(self, name, upload, listed):
        """With the parts that the request lists, in that order."""
        parts = self.parts_of(upload)
        if any(number not in parts or etag_of(parts[number]) != etag for number, etag in listed):
            raise Refused(400)
        if any(len(parts[number]) < LEAST_PART for number, _ in listed[:-1]):
            raise Refused(400)
        headers, _ = self.uploads.pop(upload)
        return self.store(name, b"".join(parts[number] for number, _ in listed), headers, None)

    def listed(self, bucket, query):
        """A page of a list, as XML."""
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        begin = max(query.get("start-after", ""), query.get("continuation-token", ""))
        most = int(query.get("max-keys", MOST_LISTED))
        entries = {}
        for name in sorted(name for owner, name in self.objects if owner == bucket):
            if not name.startswith(prefix) or name <= begin:
                continue
            first, found, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
            entry = prefix + first + found if found else name
            if entry > begin:
                entries.setdefault(entry, bool(found))
        shown = list(itertools.islice(entries.items(), most))
        lines = [self.entry(bucket, name, is_prefix) for name, is_prefix in shown]
        if len(entries) > most:
            lines.append(f"<NextContinuationToken>{escape(shown[-1][0])}</NextContinuationToken>")
        return f"<ListBucketResult>{''.join(lines)}</ListBucketResult>"

    def entry(self, bucket, name, is_prefix):
        if is_prefix:
            return f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
        found = self.objects[bucket, name]
        written = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(found.written))
        return (
            f"<Contents><Key>{escape(name)}</Key><Size>{len(found.data)}</Size>"
            f"<LastModified>{written}</LastModified><ETag>{escape(found.etag)}</ETag></Contents>"
        )


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    service = Service()

    def do_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        # Names are cut before they are decoded.
        bucket, _, key = url.path[1:].partition("/")
        name = (unquote(bucket), unquote(key))
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        try:
            with self.service.lock:
                status, headers, answer = getattr(self, self.command)(name, query, body)
        except Refused as refused:
            status, headers, answer = refused.args[0], {}, b""
        self.send_response(status)
        for header, value in ({"Content-Length": str(len(answer))} | headers).items():
            self.send_header(header, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_any

    def GET(self, name, query, _):
        if not name[1]:
            return 200, {}, self.service.listed(name[0], query).encode()
        found = self.service.find(name, query.get("generation"))
        self.check_before(found)
        if self.is_known(found):
            return 304, found.described(), b""
        first, end = self.range_of(len(found.data))
        if "Range" not in self.headers:
            return 200, found.described(), found.data
        content_range = {"Content-Range": f"bytes {first}-{end - 1}/{len(found.data)}"}
        return 206, found.described() | content_range, found.data[first:end]

    HEAD = GET

    def check_before(self, found):
        etag, since = self.headers.get("If-Match"), self.date("If-Unmodified-Since")
        if etag is not None and etag not in ("*", found.etag):
            raise Refused(412)
        if etag is None and since is not None and int(found.written) > since:
            raise Refused(412)

    def is_known(self, found):
        etag, since = self.headers.get("If-None-Match"), self.date("If-Modified-Since")
        if etag is not None:
            return etag in ("*", found.etag)
        return since is not None and int(found.written) <= since

    def date(self, header):
        value = self.headers.get(header)
        return None if value is None else parsedate_to_datetime(value).timestamp()

    def range_of(self, length):
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not asked:
            return 0, length
        first, last = asked.groups()
        if not first:
            return max(length - int(last), 0), length
        if int(first) >= length:
            raise Refused(416)
        return int(first), min(int(last) + 1, length) if last else length

    def PUT(self, name, query, body):
        if "uploadId" in query:
            self.service.parts_of(query["uploadId"])[int(query["partNumber"])] = body
            return 200, {"ETag": etag_of(body)}, b""
        condition, headers = self.headers.get("x-goog-if-generation-match"), self.kept_headers()
        if "x-goog-copy-source" in self.headers:
            bucket, _, key = self.headers["x-goog-copy-source"].partition("/")
            source = self.service.find((unquote(bucket), unquote(key)))
            body, headers = source.data, source.headers
        stored = self.service.store(name, body, headers, condition)
        return 200, stored.described(), b""

    def POST(self, name, query, body):
        if "uploads" in query:
            upload = self.service.begin_upload(self.kept_headers())
            tag = "InitiateMultipartUploadResult"
            return 200, {}, f"<{tag}><UploadId>{upload}</UploadId></{tag}>".encode()
        parts = re.findall(r"<ETag>(.*?)</ETag><PartNumber>(\d+)<", body.decode())
        listed = [(int(number), etag.replace("&quot;", '"')) for etag, number in parts]
        stored = self.service.complete_upload(name, query["uploadId"], listed)
        tag = "CompleteMultipartUploadResult"
        answer = f"<{tag}><ETag>{escape(stored.etag)}</ETag></{tag}>"
        return 200, {"x-goog-generation": str(stored.generation)}, answer.encode()

    def DELETE(self, name, query, _):
        if "uploadId" in query:
            gone = self.service.uploads.pop(query["uploadId"], None)
        else:
            gone = self.service.objects.pop(name, None)
        return (204 if gone else 404), {}, b""

    def kept_headers(self):
        is_kept = lambda header: header in KEPT_HEADERS or header.startswith("x-goog-meta-")
        return {header: value for header, value in self.headers.items() if is_kept(header.lower())}

    def log_message(self, *_):
        """Nothing."""


def etag_of(data):
    return f'"{hashlib.md5(data).hexdigest()}"'


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
