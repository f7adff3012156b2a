"""Where the home lies, and the folders that are refused in words."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from crf_app.errors import StorageError
from crf_app.settings import home_folder, make_home, refuse_network_folder

LINUX = """\
/dev/sda1 / ext4 rw 0 0
proc /proc proc rw 0 0
server:/data /mnt/ward nfs4 rw 0 0
//server/share /mnt/my\\040share cifs rw 0 0
me@host:/ /home/nurse/remote fuse.sshfs rw 0 0
gvfsd-fuse /run/user/1000/gvfs fuse.gvfsd-fuse rw 0 0
/dev/sdb1 /mnt/ward/disk ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
"""
MACOS = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
//nurse@server/study on /Volumes/study (smbfs, nodev, nosuid, mounted by nurse)
https://dav.example/x on /Volumes/web dav (webdav, nodev, nosuid)
/dev/disk5s1 on /Volumes/STICK (exfat, local, nodev)
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/mnt/ward/home", "nfs4"),
        ("/mnt/ward", "nfs4"),
        ("/mnt/my share/home", "cifs"),
        ("/home/nurse/remote/x/y", "fuse.sshfs"),
        ("/run/user/1000/gvfs/smb-share", "fuse.gvfsd-fuse"),
    ],
)
def test_a_network_drive_on_linux_is_refused(path: str, kind: str) -> None:
    with pytest.raises(StorageError, match=kind) as refusal:
        refuse_network_folder(Path(path), mounts=LINUX, system="linux")
    assert refusal.value.exit_code == 8
    assert "own disk" in refusal.value.sentence("en")
    assert "本机磁盘" in refusal.value.sentence("zh")


@pytest.mark.parametrize("path", ["/home/nurse/study", "/mnt/ward/disk/home", "/mnt/wards", "/tmp/x", "/"])
def test_an_own_disk_on_linux_is_taken(path: str) -> None:
    refuse_network_folder(Path(path), mounts=LINUX, system="linux")


def test_the_later_of_two_mounts_at_one_place_counts() -> None:
    over = LINUX + "server:/x /home/nurse nfs rw 0 0\n/dev/sdc1 /home/nurse ext4 rw 0 0\n"
    refuse_network_folder(Path("/home/nurse/study"), mounts=over, system="linux")


@pytest.mark.parametrize("path", ["/Volumes/study/home", "/Volumes/web dav"])
def test_a_network_drive_on_macos_is_refused(path: str) -> None:
    with pytest.raises(StorageError):
        refuse_network_folder(Path(path), mounts=MACOS, system="darwin")


@pytest.mark.parametrize("path", ["/Volumes/STICK/home", "/Users/nurse/study"])
def test_an_own_disk_on_macos_is_taken(path: str) -> None:
    refuse_network_folder(Path(path), mounts=MACOS, system="darwin")


@pytest.mark.parametrize("path", ["\\\\server\\share\\x", "//server/share", "\\\\?\\UNC\\server\\share"])
def test_a_share_named_by_its_server_is_refused_on_windows(path: str) -> None:
    with pytest.raises(StorageError):
        refuse_network_folder(path, mounts="", system="win32")  # type: ignore[arg-type]


def test_a_long_local_path_is_taken_on_windows() -> None:
    refuse_network_folder("\\\\?\\C:\\study", mounts="", system="win32")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "part",
    [
        *(
            "OneDrive",
            "OneDrive - Hospital",
            "Dropbox",
            "Dropbox (Trial)",
            "Google Drive",
            "GoogleDrive-me@x",
        ),
        *("iCloud Drive", "com~apple~CloudDocs", "Nextcloud", "坚果云", "我的坚果云", "Nutstore Files"),
        *("百度网盘", "BaiduNetdisk", "BaiduNetdiskWorkspace", ".dropbox", "WPS云盘"),
    ],
)
def test_a_cloud_folder_is_refused_by_its_name(part: str) -> None:
    with pytest.raises(StorageError) as refusal:
        refuse_network_folder(Path("/home/nurse") / part / "study", mounts=LINUX, system="linux")
    assert part in refusal.value.sentence("zh")


@pytest.mark.parametrize("part", ["dropboxes", "my study", "cloud", "onedriver", "nutstores"])
def test_a_folder_that_only_sounds_alike_is_taken(part: str) -> None:
    refuse_network_folder(Path("/home/nurse") / part, mounts=LINUX, system="linux")


def test_a_link_into_a_cloud_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "OneDrive").mkdir()
    (tmp_path / "study").symlink_to(tmp_path / "OneDrive", target_is_directory=True)
    with pytest.raises(StorageError):
        make_home(tmp_path / "study" / "home")
    assert list((tmp_path / "OneDrive").iterdir()) == []


def test_the_home_is_made_for_its_owner_only(tmp_path: Path) -> None:
    home = make_home(tmp_path / "a" / "home")
    assert home.is_dir()
    if sys.platform != "win32":
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert make_home(home) == home


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError):
        make_home(tmp_path / "file" / "home")


def test_the_home_can_be_named(tmp_path: Path) -> None:
    assert home_folder({"CRF_HOME": str(tmp_path)}) == tmp_path
    assert home_folder({}).name == "crf-app"
    assert home_folder({"CRF_HOME": ""}).is_absolute()
