"""What registrations contain, and the answers about slaves and the cluster."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    WithJsonSchema,
    model_validator,
)
from typing_extensions import NotRequired, TypeAliasType

from master_service.api.models.fields import (
    EXAMPLE_SLAVE,
    Count,
    JsonObject,
    Number,
    Rule,
    SlaveName,
    example,
)
from master_service.errors import ProtocolMismatch
from master_service.monitoring.activity import SlaveActivity
from master_service.slaves import registry
from protocol.wire import CONTRACT_VERSION

_HOST_NAME = re.compile(r"(?!-)([A-Za-z0-9_-]{1,63}\.)*(?![0-9]+\.?$)[A-Za-z0-9_-]{1,63}\.?")
"""The last label must not be a number: that would be a malformed IP address."""
_ADDRESS = re.compile(r"[0-9A-Za-z.:]+(%[0-9A-Za-z._-]+)?")
"""Stricter than ``ipaddress``, which accepts any characters in the zone after the percent sign."""
_PORT_TEXT = (
    "^0{0,4}([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$"
)
_DEFAULT = registry.Capabilities()


def _host(text: str) -> str:
    try:
        ipaddress.ip_address(text)
        is_host = _ADDRESS.fullmatch(text)
    except ValueError:
        is_host = _HOST_NAME.fullmatch(text)
    if not is_host:
        raise ValueError("neither an address nor a name")
    return text


def _same_version(version: object) -> object:
    if version != CONTRACT_VERSION:
        raise ProtocolMismatch(
            f"This master uses version {CONTRACT_VERSION} of the protocol and the slave "
            f"version {version!r}: install the same release on both."
        )
    return version


_Host = Annotated[str, Field(min_length=1, max_length=253), example("127.0.0.1")]
_Port = Annotated[int, Field(ge=1, le=65535, strict=True)]
_Workers = Annotated[int, Field(ge=1, le=1024, strict=True), example(4)]
_TaskTypes = Annotated[list[str], example(["audio", "document", "image", "text"])]
_Unavailable = Annotated[
    dict[str, str],
    Field(
        description="Why it can't do the other task types, by type.",
        examples=[{"ocr": "Tesseract is not installed."}],
    ),
]
_Versions = Annotated[
    dict[str, str],
    Field(
        description="Of the libraries and programs that results depend on.",
        examples=[{"python": "3.11.7", "numpy": "2.4.6"}],
    ),
]
_Features = Annotated[
    list[str],
    Field(
        description="What only some computers have, which options of a job can need.",
        examples=[["ocr:eng"]],
    ),
]
_Languages = Annotated[
    list[str], Field(description="Installed for OCR, by Tesseract's names.", examples=[["eng"]])
]


class SlaveAddress(BaseModel):
    """The address at which the master calls a slave."""

    slave_ip: Annotated[_Host, AfterValidator(_host), Rule("an IP address or a host name")]
    slave_port: Annotated[
        _Port | Annotated[str, Field(pattern=_PORT_TEXT, max_length=5)],
        example(3000),
        Rule("a whole number from 1 to 65535"),
    ]

    @model_validator(mode="before")
    @classmethod
    def check_presence(cls, content: object) -> object:
        """Refuse a registration without both parts of the address."""
        if isinstance(content, Mapping):
            parts = (content.get("slave_ip"), content.get("slave_port"))
            if any(part in (None, "") for part in parts):
                raise ValueError("Both slave_ip and slave_port are needed.")
        return content

    @property
    def address(self) -> tuple[str, int]:
        """The IP address or host name, and the port."""
        return self.slave_ip, int(self.slave_port)


class SlaveRegistration(SlaveAddress):
    """A slave's address and capabilities; without the latter, known ones are kept."""

    # Before the other capabilities, whose form depends on it.
    contract_version: Annotated[
        Any, BeforeValidator(_same_version), WithJsonSchema({"type": "integer", "examples": [1]})
    ] = Field(default_factory=lambda: CONTRACT_VERSION)
    workers: _Workers = Field(default_factory=lambda: _DEFAULT.workers)
    task_types: Annotated[_TaskTypes, Rule("a list of names")] = Field(
        default_factory=lambda: sorted(_DEFAULT.task_types)
    )
    unavailable: Annotated[_Unavailable, Rule("an object of texts")] = Field(default_factory=dict)
    versions: Annotated[_Versions, Rule("an object of texts")] = Field(default_factory=dict)
    tls: Annotated[bool, Field(strict=True), Rule("true or false")] = Field(default_factory=bool)
    features: Annotated[_Features, Rule("a list of names")] = Field(default_factory=list)


class RegistrationAnswer(JsonObject):
    """The slave is registered, or no longer registered."""

    status: Annotated[str, example("success")]
    heartbeat_interval: NotRequired[Annotated[Number, example(2.0)]]
    unreachable_reason: NotRequired[Annotated[str, example("The connection was refused.")]]


SlaveState = TypeAliasType("SlaveState", registry.SlaveState)


class SlaveStatus(JsonObject):
    """A registered slave."""

    name: SlaveName
    slave_ip: _Host
    slave_port: Annotated[_Port, example(3000)]
    workers: _Workers
    task_types: _TaskTypes
    unavailable: _Unavailable
    versions: _Versions
    tls: bool
    features: _Features
    ocr_languages: _Languages
    state: SlaveState
    last_seen_seconds: Annotated[float, example(1.2)]
    resting_reason: str | None
    resting_seconds: Number | None
    resting_seconds_left: Number | None
    unreachable_reason: str | None
    """Why the master can't call it, and what to change."""


class ClusterStatus(JsonObject):
    """The slaves, by their state; a caller without the token, where one is set, gets the status."""

    status: Annotated[str, example("alive")]
    slaves: NotRequired[list[SlaveStatus]]
    missing: NotRequired[Annotated[list[SlaveStatus], example([])]]
    mixed_versions: NotRequired[Annotated[list[str], example([])]]
    """The libraries and programs whose versions differ between slaves."""


class Activity(JsonObject):
    """The activity of the last ten minutes."""

    interval_seconds: Annotated[Count, example(5)]
    finished_files: Annotated[list[Count], example([0, 14, 20])]
    slaves: Annotated[
        dict[str, SlaveActivity],
        example({EXAMPLE_SLAVE: {"held_files": 3, "current_files": [], "files_per_minute": 34}}),
    ]


ApiDescription = TypeAliasType(
    "ApiDescription",
    Annotated[
        dict[str, Any],
        Field(description="An OpenAPI 3.1 document.", examples=[{"openapi": "3.1.0"}]),
    ],
)
