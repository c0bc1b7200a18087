# SPDX-License-Identifier: AGPL-3.0-or-later
"""The system's tree: what is ours, laid into that of Debian's packages."""

import os
import shutil
import stat
import sys
import zipfile
from pathlib import Path

from image import debian
from image.plan import ROOT, Flow, Plan
from image.steps import Workshop, empty

# Units of Debian's that nothing of ours asks for: nobody logs in at the board, and a read-only root prepares nothing.
# Each takes its part of the start, however small its work is.
_NEVER = (
    "getty@.service", "serial-getty@.service", "container-getty@.service", "console-getty.service",
    "getty-static.service", "systemd-logind.service", "systemd-firstboot.service", "systemd-machine-id-commit.service",
    "systemd-journal-catalog-update.service", "systemd-hwdb-update.service", "ldconfig.service",
    "systemd-update-utmp.service", "systemd-update-utmp-runlevel.service", "systemd-binfmt.service",
    "proc-sys-fs-binfmt_misc.automount", "sys-kernel-tracing.mount", "sys-kernel-debug.mount", "dev-hugepages.mount",
    "systemd-pcrphase.service", "systemd-pcrphase-sysinit.service", "systemd-pcrmachine.service",
    "systemd-tpm2-setup.service", "systemd-tpm2-setup-early.service", "systemd-sysext.socket", "e2scrub_reap.service",
    "sshd-keygen.service", "systemd-remount-fs.service", "systemd-fsck-root.service", "systemd-hostnamed.service",
    "systemd-hostnamed.socket", "systemd-udev-load-credentials.service", "modprobe@.service", "dev-mqueue.mount",
    "sys-fs-fuse-connections.mount", "sys-kernel-config.mount", "systemd-ask-password-console.path",
    "systemd-ask-password-wall.path", "systemd-creds.socket", "systemd-pcrextend.socket", "systemd-pcrlock.socket",
    "systemd-hibernate-clear.service",
)  # fmt: skip


def ours(workshop: Workshop, plan: Plan, packages: Path, tree: Path, keyring: Path) -> None:
    """Copies `packages`, a tree of Debian's, to `tree` and lays Hearth in."""
    workshop.run("cp", "--archive", "--reflink=auto", "--no-target-directory", packages, empty(tree))
    _lay_in(ROOT / "image/overlay", tree)
    _units(tree)
    _wheel(workshop, tree)
    _board(plan, tree)
    shutil.copy(keyring, tree / "etc/rauc/keyring.pem")
    _settle(workshop, plan, tree)


def _lay_in(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


def _units(tree: Path) -> None:
    systemd = ROOT / "systemd"
    for folder in ("system", "system-preset"):
        _lay_in(systemd / folder, tree / "usr/lib/systemd" / folder)
        _lay_in(systemd / "box" / folder, tree / "usr/lib/systemd" / folder)
    for folder in ("sysusers.d", "tmpfiles.d"):
        _lay_in(systemd / folder, tree / "usr/lib" / folder)
    rules = ROOT / "hardware/udev"
    if rules.is_dir():
        for rule in rules.glob("*.rules"):
            shutil.copy(rule, tree / "usr/lib/udev/rules.d")


def _wheel(workshop: Workshop, tree: Path) -> None:
    folder = empty(workshop.folder / "wheel")
    workshop.run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, PWD=str(ROOT))
    (wheel,) = folder.glob("*.whl")
    packages = tree / "usr/lib/python3/dist-packages"
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(packages)
    hearth = tree / "usr/bin/hearth"
    # Isolated: nothing in the environment or the folder changes what is imported.
    hearth.write_text("#!/usr/bin/python3 -I\nimport sys\n\nfrom appliance.cli import main\n\nsys.exit(main())\n")
    hearth.chmod(0o755)
    debian.compiled(workshop, tree, "usr/lib/python3/dist-packages/appliance")


def _board(plan: Plan, tree: Path) -> None:
    (tree / "usr/share/hearth").mkdir(parents=True, exist_ok=True)
    boards = tree / "usr/lib/python3/dist-packages/appliance/board/boards"
    shutil.copytree(ROOT / "hardware/boards", boards, dirs_exist_ok=True)
    modules = tree / "usr/lib/modules-load.d/hearth.conf"
    modules.write_text("# SPDX-License-Identifier: AGPL-3.0-or-later\n" + "".join(f"{each}\n" for each in plan.modules))
    watchdog = tree / "usr/lib/systemd/system.conf.d/50-hearth.conf"
    watchdog.write_text(watchdog.read_text().replace("@WATCHDOG@", str(plan.watchdog)))
    if plan.flow is Flow.UBOOT:
        # U-Boot finds it by the same numbers (image/boot.cmd): where the tries lie in the partition, and their length.
        (tree / "etc/fw_env.config").write_text("/dev/hearth/state 0x0 0x1000\n")
    config = tree / "etc/rauc/system.conf"
    config.write_text(
        config.read_text()
        .replace("@COMPATIBLE@", plan.compatible)
        .replace("@BOOTLOADER@", "uboot" if plan.flow is Flow.UBOOT else "custom")
    )


def _settle(workshop: Workshop, plan: Plan, tree: Path) -> None:
    """Users, units that start, folders of /var, and the files that a read-only root can't make later."""
    workshop.run("systemd-sysusers", f"--root={tree}", "hearth.conf")
    # What Debian's packages enabled is forgotten: the presets alone say what starts.
    for folder in (tree / "etc/systemd/system").glob("*.wants"):
        shutil.rmtree(folder)
    workshop.run("systemctl", f"--root={tree}", "preset-all", "--preset-mode=full")
    for name in _NEVER:
        (tree / "etc/systemd/system" / name).symlink_to("/dev/null")
    for key in (tree / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    (tree / "etc/machine-id").write_text("")
    (tree / "etc/hostname").write_text("hearth\n")
    (tree / "etc/hosts").write_text("127.0.0.1 localhost\n127.0.1.1 hearth\n::1 localhost ip6-localhost ip6-loopback\n")
    (tree / "etc/fstab").write_text("# Nothing: hearth-data.service mounts the one partition that is written to.\n")
    resolver = tree / "etc/resolv.conf"
    resolver.unlink(missing_ok=True)
    resolver.symlink_to("../run/NetworkManager/resolv.conf")
    # Made when the packages were installed, with the time of it in them, and read by nothing of ours.
    for name in ("adjtime", "ddclient.conf", "default/ddclient"):
        (tree / "etc" / name).unlink(missing_ok=True)
    # No clock of a box may show less than this (systemd-timesyncd.service(8)).
    clock = tree / "usr/lib/clock-epoch"
    clock.touch()
    os.utime(clock, (workshop.epoch, workshop.epoch))
    _forget_var(tree)
    _take_kernel(workshop, tree)
    _even_times(tree, workshop.epoch)


def _forget_var(tree: Path) -> None:
    """What packages left in /var becomes a list for systemd-tmpfiles, so that an empty data partition fills itself."""
    shutil.copy(tree / "var/lib/dpkg/status", tree / "usr/share/hearth/packages")
    lines = ["# SPDX-License-Identifier: AGPL-3.0-or-later", "# The folders that Debian's packages expect."]
    made_anyway = _made_by_tmpfiles(tree / "usr/lib/tmpfiles.d")
    for path in sorted((tree / "var").rglob("*")):
        inside = path.relative_to(tree / "var")
        if inside.parts[:2] in (("lib", "dpkg"), ("lib", "apt"), ("cache", "apt"), ("cache", "debconf")):
            continue
        if inside.parts[0] in ("backups", "tmp") and len(inside.parts) > 1:
            continue
        if f"/var/{inside}" in made_anyway:
            continue
        about = path.lstat()
        if path.is_symlink():
            lines.append(f"L /var/{inside} - - - - {os.readlink(path)}")
        elif path.is_dir():
            lines.append(f"d /var/{inside} {stat.S_IMODE(about.st_mode):04o} {about.st_uid} {about.st_gid} -")
    (tree / "usr/lib/tmpfiles.d/00-hearth-var.conf").write_text("\n".join(lines) + "\n")
    for path in (tree / "var").iterdir():
        if path.is_symlink() or path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path)
    for folder in ("tmp", "run"):
        for path in (tree / folder).iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _take_kernel(workshop: Workshop, tree: Path) -> None:
    """It lies in the boot slot, and not in the system."""
    (kernel,) = (tree / "boot").glob("vmlinuz-*")
    shutil.copy(kernel, workshop.folder / kernel.name)
    empty(tree / "boot")


def _even_times(tree: Path, epoch: int) -> None:
    for path in [tree, *tree.rglob("*")]:
        if path.lstat().st_mtime > epoch:
            os.utime(path, (epoch, epoch), follow_symlinks=False)


def _made_by_tmpfiles(folder: Path) -> frozenset[str]:
    """What is made at each start without us (tmpfiles.d(5)). Listed twice, it would be complained about each time."""
    lines = (line.split() for file in folder.glob("*.conf") for line in file.read_text().splitlines())
    return frozenset(line[1] for line in lines if len(line) > 1 and line[0][0] in "dDvqQL")
