"""moto's S3 server behind TLS: `s3-server CERTIFICATE KEY` says at which address it listens, and serves until it is killed.

moto's own program closes the connection after each answer, and without telling TLS. pgBackRest can't tell that from a
connection that was cut, and rightly takes what it received for incomplete. Gunicorn keeps the connection.

It is run by the Python of moto's virtual environment, which has nothing of this repository: it imports none of it.
"""

from __future__ import annotations

import os
import sys
from typing import Any

os.environ["S3_IGNORE_SUBDOMAIN_BUCKETNAME"] = (
    "true"  # the bucket is in the path, whatever the host is called
)

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from moto.moto_server.werkzeug_app import (  # type: ignore[import-not-found]
    DomainDispatcherApplication,
    create_backend_app,
)


class Server(BaseApplication):  # type: ignore[misc]
    """One process, since that is where the objects are, with enough threads for pgBackRest's workers."""

    def load_config(self) -> None:
        settings = {
            "bind": "127.0.0.1:0",
            "certfile": sys.argv[1],
            "keyfile": sys.argv[2],
            "worker_class": "gthread",
            "workers": 1,
            "threads": 16,
            "keepalive": 60,
            "timeout": 0,
            "loglevel": "warning",
            "worker_tmp_dir": os.environ.get("TMPDIR"),
            "control_socket_disable": True,
            "when_ready": say_address,
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> DomainDispatcherApplication:
        return DomainDispatcherApplication(create_backend_app)


def say_address(server: Any) -> None:
    port = server.LISTENERS[0].sock.getsockname()[1]
    print(f"https://localhost:{port}", flush=True)


if __name__ == "__main__":
    Server().run()
