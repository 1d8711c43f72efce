"""What the operator chose: the environment variables Handrail reads, in one place.

HANDRAIL_DATA           the data folder (default: ``var`` beside the code)
HANDRAIL_DATABASE_URL   a PostgreSQL that runs already (default: Handrail's own, in the data folder)
HANDRAIL_SECRET_KEY     what signs sessions (default: made once, kept in the data folder)
HANDRAIL_HOSTS          the names people reach this server by, with commas
HANDRAIL_HTTPS          1 if people reach it by https (default: if HANDRAIL_HOSTS names a host)
HANDRAIL_ADDRESS        the address systems reach this server by, as in https://care.example.org
                        (default: made from HANDRAIL_HOSTS, HANDRAIL_HTTPS and PORT)
HANDRAIL_NOTIFY_HOSTS   hosts, with commas, that may be notified without https or inside our network
HANDRAIL_SMTP_URL       the mail server, as in smtps://name:password@mail.example.org?from=a@b.org
HANDRAIL_SMS_URL        the gateway that sends text messages (default: they lie in a folder)
HANDRAIL_SMS_TOKEN      the bearer token the gateway knows us by
HANDRAIL_RULES          the folder of dated rules (default: ``rules`` beside the code)
HANDRAIL_TIME_ZONE      the zone of times nobody's organization decides (default: America/New_York)
HANDRAIL_PRIVATE_JWKS   1 if the public keys of apps may be fetched from private networks
HANDRAIL_LANGUAGE       the language of pages for whoever asks for none we have (default: en)
HANDRAIL_EXPORT_HOURS   how long the files of an export are kept (default: 24)
HANDRAIL_IMPORT_HOSTS   hosts of our own network that $import may fetch from, with commas
HANDRAIL_LOG            the least severe level that is logged (default: WARNING)
PORT                    where ``handrail serve`` and ``demo`` listen (default: 8000)
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import available_timezones

from handrail.fhir.errors import HandrailError

CODE = Path(__file__).resolve().parents[2]
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_MAIL_PORTS = {("smtp", False): 25, ("smtp", True): 587, ("smtps", False): 465}
_MAIL_PORTS |= {("smtps", True): 465}
_MAIL_WORDS = {"from", "starttls"}
_NAMED = {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT", "dbname": "NAME"}


class EnvironmentVariableError(HandrailError):
    """An environment variable cannot be used; the message names it."""

    status = 500
    code = "exception"


def folder(name: str, otherwise: Path) -> Path:
    """Return the folder that variable ``name`` gives, or ``otherwise``, as an absolute path."""
    return Path(os.environ.get(name) or otherwise).expanduser().resolve()


def data_folder() -> Path:
    """Return Handrail's data folder; it need not exist yet."""
    return folder("HANDRAIL_DATA", CODE / "var")


def hosts() -> list[str]:
    """Return the names people reach this server by; the loopback names are always among them."""
    given = os.environ.get("HANDRAIL_HOSTS", "")
    named = [name.strip() for name in given.split(",") if name.strip()]
    return [*named, *(name for name in LOOPBACK if name not in named)]


def origins() -> frozenset[str]:
    """Return the origins whose web pages may call the FHIR API from a browser; by default none."""
    given = os.environ.get("HANDRAIL_CORS", "").split(",")
    return frozenset(origin.strip().rstrip("/") for origin in given if origin.strip())


def https() -> bool:
    """Tell whether people reach this server by https, so that cookies may demand it."""
    chosen = os.environ.get("HANDRAIL_HTTPS")
    return chosen in {"1", "true", "yes"} if chosen else len(hosts()) > len(LOOPBACK)


def private_jwks() -> bool:
    """Tell whether the public keys of apps may be fetched from addresses of private networks."""
    return os.environ.get("HANDRAIL_PRIVATE_JWKS") in {"1", "true", "yes"}


def address() -> str:
    """Return the address systems reach this server by, without a path.

    Raises:
        EnvironmentVariableError: HANDRAIL_ADDRESS is no address.
    """
    given = os.environ.get("HANDRAIL_ADDRESS", "").rstrip("/")
    if not given:
        host = next((name for name in hosts() if not name.startswith((".", "*"))), "127.0.0.1")
        where = f"{host}:{port()}" if host in LOOPBACK else host
        return f"http{'s' if https() else ''}://{where}"
    parts = urlsplit(given)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query:
        raise EnvironmentVariableError(
            f"HANDRAIL_ADDRESS is '{given}'. Write it as 'https://care.example.org'."
        )
    return given


def notify_hosts() -> list[str]:
    """Return the hosts (or host:port) that may be notified without https or inside our network."""
    given = os.environ.get("HANDRAIL_NOTIFY_HOSTS", "")
    return [name.strip().lower() for name in given.split(",") if name.strip()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The mail server; an empty ``host``: no mail is sent."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    starttls: bool = False
    sender: str = "handrail@localhost"


def mail() -> Mail:
    """Return the mail server; without HANDRAIL_SMTP_URL there is none.

    ``smtps://`` speaks TLS from the first byte, ``smtp://…?starttls=1`` after the greeting,
    ``smtp://`` not at all. ``from=`` is the sender.

    Raises:
        EnvironmentVariableError: HANDRAIL_SMTP_URL is no address of a mail server.
    """
    given = os.environ.get("HANDRAIL_SMTP_URL", "")
    if not given:
        return Mail()
    wrong = EnvironmentVariableError(
        "HANDRAIL_SMTP_URL is no mail server. Write it as"
        " 'smtps://name:password@mail.example.org?from=handrail@example.org'."
    )
    try:
        parts = urlsplit(given)
        number = parts.port
    except ValueError as error:
        raise wrong from error
    asked = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or asked.keys() - _MAIL_WORDS:
        raise wrong
    starttls = asked.get("starttls") in {"1", "true", "yes"}
    return Mail(
        host=parts.hostname,
        port=number or _MAIL_PORTS[parts.scheme, starttls],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=parts.scheme == "smtps",
        starttls=starttls and parts.scheme == "smtp",
        sender=asked.get("from") or f"handrail@{parts.hostname}",
    )


def sms_url() -> str:
    """Return the address of the gateway for text messages; empty: there is none.

    Raises:
        EnvironmentVariableError: HANDRAIL_SMS_URL is no address.
    """
    given = os.environ.get("HANDRAIL_SMS_URL", "").strip()
    try:
        parts = urlsplit(given)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        usable = False
    if given and not usable:
        raise EnvironmentVariableError(
            "HANDRAIL_SMS_URL is no address. Write it as 'https://gateway.example.org/messages'."
        )
    return given


def sms_token() -> str:
    """Return the token the gateway for text messages knows us by; may be empty."""
    return os.environ.get("HANDRAIL_SMS_TOKEN", "").strip()


def time_zone() -> str:
    """Return the time zone of times that no organization decides.

    Raises:
        EnvironmentVariableError: there is no such zone.
    """
    name = os.environ.get("HANDRAIL_TIME_ZONE") or "America/New_York"
    if name not in available_timezones():
        raise EnvironmentVariableError(
            f"HANDRAIL_TIME_ZONE is '{name}', which is no time zone. Write one as"
            " 'America/Chicago'."
        )
    return name


def port() -> int:
    """Return the port to listen on.

    Raises:
        EnvironmentVariableError: PORT is no port number.
    """
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:  # noqa: PLR2004 - ports have 16 bits
        raise EnvironmentVariableError(f"PORT is '{text}'. Write a number from 1 to 65535.")
    return int(text)


def export_hours() -> int:
    """Return how many hours the files of an export are kept.

    Raises:
        EnvironmentVariableError: HANDRAIL_EXPORT_HOURS is no number of hours.
    """
    text = os.environ.get("HANDRAIL_EXPORT_HOURS") or "24"
    if not text.isdecimal() or not 0 < int(text) < 24 * 366:
        raise EnvironmentVariableError(
            f"HANDRAIL_EXPORT_HOURS is '{text}'. Write a number of hours, such as 24."
        )
    return int(text)


def import_hosts() -> frozenset[str]:
    """Return the hosts that may be asked though they are in our own network, or by http."""
    given = os.environ.get("HANDRAIL_IMPORT_HOSTS", "")
    return frozenset(name.strip() for name in given.split(",") if name.strip())


def log_level() -> str:
    """Return the least severe level that is logged.

    Raises:
        EnvironmentVariableError: HANDRAIL_LOG is no level.
    """
    level = (os.environ.get("HANDRAIL_LOG") or "WARNING").upper()
    if level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise EnvironmentVariableError(
            f"HANDRAIL_LOG is '{level}'. Write DEBUG, INFO, WARNING or ERROR."
        )
    return level


def language() -> str:
    """Return the language of pages for whoever asks for none we have."""
    return os.environ.get("HANDRAIL_LANGUAGE") or "en"


def external_database() -> str:
    """Return HANDRAIL_DATABASE_URL; empty if Handrail runs its own PostgreSQL."""
    return os.environ.get("HANDRAIL_DATABASE_URL", "").strip()


def database() -> dict[str, Any]:
    """Return Django's settings for the database.

    Raises:
        EnvironmentVariableError: HANDRAIL_DATABASE_URL is no PostgreSQL address.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    url = external_database()
    if not url:
        from handrail.site.postgres import Cluster

        url = Cluster(data_folder()).url()
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise EnvironmentVariableError(
            "HANDRAIL_DATABASE_URL is no PostgreSQL address. Write it as"
            " 'postgresql://role:password@host/database'."
        ) from error
    named = {_NAMED[key]: str(value) for key, value in parts.items() if key in _NAMED}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,  # a server that was restarted is found before a request fails
        "OPTIONS": {
            "prepare_threshold": 5,  # Django's None would forbid the record's prepared statements
            **{key: value for key, value in parts.items() if key not in _NAMED},
        },
        **named,
    }


def secret_key() -> str:
    """Return what signs sessions: given, or made once and kept, readable for us only.

    Raises:
        EnvironmentVariableError: the data folder cannot be written.
    """
    given = os.environ.get("HANDRAIL_SECRET_KEY")
    if given:
        return given
    path = data_folder() / "secret-key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"secret-key.{os.getpid()}")
        if not path.exists():
            descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(64))
            try:
                os.link(made, path)  # whoever is first wins; nobody ever reads half a key
            except FileExistsError:
                pass
            finally:
                made.unlink()
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise EnvironmentVariableError(
            f"The key in {path} cannot be made or read ({error.strerror}). Set HANDRAIL_DATA to a"
            " folder of your own, or HANDRAIL_SECRET_KEY."
        ) from error
