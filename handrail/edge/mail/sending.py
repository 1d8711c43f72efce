"""Mail out, by SMTP: what the server says is kept, so that a bounce finds its way back.

The Message-ID is made of what is sent, so that a letter that was sent twice (the connection broke
off after the server had taken it) is one letter to whoever receives it.
"""

from __future__ import annotations

from hashlib import sha256
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from handrail.sending import Channel, NotSentError, Parcel, RefusedAddressError

_PERMANENT: Final = 500  # SMTP replies from here on are final (RFC 5321, 4.2.1)
_KEY: Final = 32  # letters of the digest in a Message-ID


def send(parcel: Parcel) -> str:
    """Hand a letter to the mail server; return its Message-ID.

    Raises:
        NotSentError: the server did not take it now.
        RefusedAddressError: it says that this address, or this letter, is never taken.
    """
    _require_address(parcel.to)
    if not ready():
        raise NotSentError("This server sends no e-mail. The operator can set HANDRAIL_SMTP_URL.")
    letter = EmailMessage(" ".join(parcel.subject.split()), parcel.text, to=[parcel.to])
    letter.extra_headers |= {
        "Message-ID": message_id(parcel),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    if parcel.pages:
        letter.attach("request.pdf", parcel.pages, "application/pdf")
    try:
        letter.send()
    except SMTPRecipientsRefused as error:
        raise _judged(max(code for code, _words in error.recipients.values())) from error
    except SMTPSenderRefused as error:
        raise NotSentError("The mail server does not take letters from our address.") from error
    except SMTPResponseException as error:
        raise _judged(error.smtp_code) from error
    except (SMTPException, OSError) as error:
        raise NotSentError("The mail server does not answer.") from error
    except (ValueError, UnicodeError) as error:
        raise RefusedAddressError("The letter cannot be written to this address.") from error
    return message_id(parcel)


def message_id(parcel: Parcel) -> str:
    """Return the Message-ID of a letter, in angle brackets; it says nothing of what it is about."""
    key = sha256(f"{settings.SECRET_KEY}/{parcel.org}/{parcel.reference}".encode()).hexdigest()
    domain = str(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2].rstrip(">") or "localhost"
    return f"<{key[:_KEY]}@{domain}>"


def ready() -> bool:
    """Tell whether the operator has set up a mail server."""
    return bool(settings.EMAIL_HOST)


def _require_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError as error:
        raise RefusedAddressError("This is no e-mail address.") from error


def _judged(code: int) -> NotSentError | RefusedAddressError:
    """Return the error for a reply of the mail server."""
    if code >= _PERMANENT:
        return RefusedAddressError(f"The mail server refused it for good ({code}).")
    return NotSentError(f"The mail server did not take it now ({code}).")


MAIL: Final = Channel(name="mail", send=send, ready=ready, takes_pages=True)
