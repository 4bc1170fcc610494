"""Finds the slaves in the master's status that can do a task type. No I/O, clocks or threads."""

from typing import cast

from client_service.master_api.answers import Answer
from client_service.terminal.safe_text import printable


def are_visible(status: Answer) -> bool:
    """Return whether the status lists the slaves; without the token it does not."""
    return "slaves" in status


def able_slaves(status: Answer, task_type: str) -> list[Answer]:
    """Return the slaves that do this type and can be called; none if the status lists none."""
    return [
        slave
        for slave in status.get("slaves", [])
        if task_type in slave["task_types"] and not slave.get("unreachable_reason")
    ]


def why_unavailable(status: Answer, task_type: str) -> str | None:
    """Return why no slave can do this type, in the master's words; None if one can."""
    if not are_visible(status) or able_slaves(status, task_type):
        # Without the token the list is hidden; the next call reports the missing token.
        return None
    if not status["slaves"]:
        return "No slaves available"
    reasons = [
        f"{_name(slave)}: {reason}"
        for slave in status["slaves"]
        if (reason := _why_not(slave, task_type))
    ]
    why = printable("; ".join(reasons)) or "none of those registered says that it can"
    return f"No slaves available for {task_type}: {why}"


def _why_not(slave: Answer, task_type: str) -> str | None:
    if task_type in slave["task_types"]:
        return cast("str | None", slave.get("unreachable_reason"))
    return cast("str | None", slave.get("unavailable", {}).get(task_type))


def _name(slave: Answer) -> str:
    ip, port = slave["slave_ip"], slave["slave_port"]
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
