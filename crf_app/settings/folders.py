"""Where the home lies, and which folders cannot hold it.

The home is the folder of one site on one computer: `vault.json`, `study.db`, the log.  A database
on a network or cloud share is damaged by two computers writing it at once and by half-copied files,
so such folders are refused.  `CRF_HOME` or `--home` name another folder.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

from crf_app.errors import StorageError
from crf_app.settings.files import storage_refusal

# file systems that live on another computer, as /proc/mounts and macOS `mount` name them
_NETWORK_TEXT: Final = """
    nfs nfs4 cifs smb smb2 smb3 smbfs smbclient afs afpfs ncpfs ceph 9p glusterfs lustre gpfs beegfs davfs
    davfs2 webdav ftpfs vboxsf fuse.sshfs fuse.rclone fuse.gvfsd-fuse fuse.davfs2 fuse.glusterfs fuse.ceph
    fuse.s3fs fuse.gcsfuse fuse.curlftpfs fuse.smbnetfs fuse.google-drive-ocamlfuse fuse.onedriver
    fuse.vmhgfs-fuse macfuse osxfuse
"""
NETWORK_TYPES: Final = frozenset(_NETWORK_TEXT.split())
# how the folders of cloud programs begin, in small letters without spaces
_CLOUD_TEXT: Final = """
    onedrive dropbox googledrive googledrivefs drivefs mydrive iclouddrive cloudstorage com~apple~clouddocs
    mobiledocuments nextcloud owncloud seafile pclouddrive boxsync syncthing nutstore 坚果云 我的坚果云
    baidunetdisk baidunetdiskworkspace baidusyncdisk 百度网盘 百度云 阿里云盘 weiyun 微云 腾讯微云 wpsdrive
    wps云盘
"""
_CLOUD_NAMES: Final = tuple(_CLOUD_TEXT.split())


def home_folder(environ: Mapping[str, str] | None = None) -> Path:
    """`CRF_HOME`, or the user's data folder of this system: `~/.local/share/crf-app`,
    `~/Library/Application Support/crf-app`, `%LOCALAPPDATA%\\crf-app`."""
    named = (os.environ if environ is None else environ).get("CRF_HOME")
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs  # slow to load, and not needed where the home is named

    return platformdirs.user_data_path("crf-app", appauthor=False)


def make_home(home: Path) -> Path:
    """Make the folder, for its owner only.  Raises StorageError for a network or cloud folder."""
    refuse_network_folder(home)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as reason:
        raise storage_refusal(reason, home) from reason
    return home


def refuse_network_folder(path: Path, *, mounts: str | None = None, system: str = sys.platform) -> None:
    """Raise StorageError when `path` lies on another computer or in a cloud program's folder.

    `mounts` stands in for `/proc/mounts` (Linux) or the answer of `mount` (macOS) in tests.
    """
    full = os.path.realpath(path) if mounts is None and system == sys.platform else str(path)
    for part in re.split(r"[/\\]", full):
        if _is_cloud(part):
            _refuse(
                f"This folder belongs to a cloud program ({part}).",
                f"该文件夹属于云同步程序（{part}）。",
                path,
            )
    kind = _file_system(full, mounts, system)
    if kind in NETWORK_TYPES:
        _refuse(f"This folder lies on a network drive ({kind}).", f"该文件夹位于网络磁盘（{kind}）。", path)


def _is_cloud(part: str) -> bool:
    """`OneDrive - Hospital` and `Dropbox (Trial)` too, not `dropboxes`: no letter follows the name."""
    folded = part.casefold()
    if not folded.removeprefix(".").replace(" ", "").startswith(_CLOUD_NAMES):
        return False  # nearly every folder, and then no expression need be compiled at the start
    names = "|".join(" ?".join(map(re.escape, name)) for name in _CLOUD_NAMES)
    return re.match(rf"\.?({names})(?![a-z])", folded) is not None


def _refuse(en: str, zh: str, path: Path) -> NoReturn:
    raise StorageError(
        f"{en} Two computers writing there damage the data. Choose a folder on this computer's own disk.",
        f"{zh}多台电脑同时写入会损坏数据。请选择本机磁盘上的文件夹。",
        where=str(path),
    )


def _file_system(full: str, mounts: str | None, system: str) -> str:
    if system == "win32":
        return "smb" if _is_remote_windows(full) else ""
    if mounts is None:
        mounts = _mounts_now(system)
    return _type_at(full, _parse_macos(mounts) if system == "darwin" else _parse_linux(mounts))


def _mounts_now(system: str) -> str:
    """The mount table; empty where the system has none to read (then only the names are judged)."""
    if system == "darwin":
        import subprocess

        return subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False).stdout
    table = Path("/proc/mounts")
    return table.read_text("utf-8", errors="replace") if table.exists() else ""


def _parse_linux(mounts: str) -> list[tuple[str, str]]:
    """(mount point, type); a space in a name is written `\\040`."""
    rows = [line.split(" ") for line in mounts.splitlines()]
    return [(_unescape(row[1]), row[2]) for row in rows if len(row) > 2]


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _parse_macos(mounts: str) -> list[tuple[str, str]]:
    """`//user@server/share on /Volumes/share (smbfs, nodev, …)`."""
    found = re.findall(r"^.+? on (.+) \((\w+)[,)]", mounts, re.MULTILINE)
    return [(point, kind) for point, kind in found]


def _type_at(full: str, mounts: list[tuple[str, str]]) -> str:
    """The type of the deepest mount that holds `full`; of two at one place, the later."""
    best, kind = -1, ""
    for point, its_kind in mounts:
        stem = point.rstrip("/")
        if (full == stem or full.startswith(stem + "/")) and len(stem) >= best:
            best, kind = len(stem), its_kind
    return kind


def _is_remote_windows(full: str) -> bool:
    """UNC path (`\\\\server\\share`), or a drive letter that the system calls remote."""
    slashed = full.replace("/", "\\")
    if slashed.startswith("\\\\") and not slashed.startswith(("\\\\?\\", "\\\\.\\")):
        return True
    if slashed.upper().startswith("\\\\?\\UNC\\"):
        return True
    if sys.platform != "win32":
        return False
    import ctypes

    drive_remote = 4
    return bool(ctypes.windll.kernel32.GetDriveTypeW(slashed[:3]) == drive_remote)
