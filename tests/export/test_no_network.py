"""Signing and judging load no HTTP client, and what stands in its place refuses to be used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from crf_app.export.no_network import CLIENTS, NoConnection, keep_out

LOAD = """
import sys
import crf_app.export.pdf_sign, crf_app.export.pdf_verify
import pyhanko.sign.signers, pyhanko.sign.validation
print(*[name for name in ("aiohttp", "requests", "urllib3", "certifi") if name in sys.modules])
"""


def test_pyhanko_loads_no_network_package() -> None:
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_client_cannot_be_made() -> None:
    with pytest.raises(ConnectionError):
        NoConnection("https://time.example")


def test_keeping_out_twice_changes_nothing() -> None:
    before = {name: sys.modules[name] for name in CLIENTS}
    keep_out()
    assert {name: sys.modules[name] for name in CLIENTS} == before
