"""The sentences of a refused bundle.  Each says what is so, then what to do next; none names an answer.

`where` is a short word for logs and tests: the check that ended the reading.
"""

from __future__ import annotations

from crf_app.errors import BundleRefused, LimitExceeded, TooNew, WrongState


def altered(where: str) -> BundleRefused:
    """Signature, chain, seal, spelling: nobody can tell a cut file from a forged one."""
    return BundleRefused(
        "This file was changed on its way, or is not from this computer. Please send it again.",
        "此文件在传输中被改动，或不是由该计算机生成。请重新发送。",
        where=where,
    )


def foreign() -> BundleRefused:
    return BundleRefused(
        "This bundle belongs to another study, or to the test environment. Choose the bundle of this study.",
        "此数据包属于其他研究或测试环境。请选择本研究的数据包。",
        where="study",
    )


def not_enrolled() -> BundleRefused:
    return BundleRefused(
        "This computer is not enrolled in the study. Enrol it at central, then send the bundle again.",
        "此计算机未在本研究中登记。请先在中心登记，再重新发送数据包。",
        where="device",
    )


def withdrawn(date: str) -> BundleRefused:
    return BundleRefused(
        f"This computer was withdrawn on {date}. Ask the data manager what to do with its records.",
        f"此计算机已于 {date} 停用。请向数据管理员确认如何处理其记录。",
        where="device",
    )


def not_for_me() -> BundleRefused:
    return BundleRefused(
        "This bundle is sealed to somebody else. Make it again for this recipient.",
        "此数据包是为其他接收方加密的。请为本接收方重新生成。",
        where="recipient",
    )


def newer() -> TooNew:
    return TooNew(
        "Made by a newer program; this one must be updated. The file is kept as it is.",
        "由更新版本的程序生成；请先升级本程序。文件保持原样。",
        where="version",
    )


def too_large(where: str) -> LimitExceeded:
    return LimitExceeded(
        "Larger than agreed; send it in parts.",
        "超过约定的大小；请分批发送。",
        where=where,
    )


def nothing_to_send() -> WrongState:
    return WrongState(
        "There is nothing new to send. Central has everything up to the last receipt.",
        "没有新的记录需要发送。中心已有截至上次回执的全部记录。",
        where="bundle",
    )
