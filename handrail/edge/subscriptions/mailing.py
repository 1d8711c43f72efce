"""The e-mail channel: that something changed, and where to look. Nothing of the record."""

from __future__ import annotations

from collections.abc import Iterable
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from handrail.edge.subscriptions.errors import NotDeliveredError, SubscriptionRefusedError


def check_mail() -> None:
    """See that mail can be sent at all.

    Raises:
        SubscriptionRefusedError: the operator has set up no mail.
    """
    if not settings.EMAIL_HOST:
        raise SubscriptionRefusedError(
            "This server sends no e-mail. The operator can set HANDRAIL_SMTP_URL; or choose the"
            " channel rest-hook."
        )


def mail(address: str, subscription: str, links: Iterable[str]) -> None:
    """Send one message.

    Args:
        address: to whom.
        subscription: the id of the subscription.
        links: where to look; none for a subscription that wants to know no more than that.

    Raises:
        NotDeliveredError: the mail server did not take it.
        SubscriptionRefusedError: the operator has set up no mail.
    """
    check_mail()
    lines = [_("Something that you follow has changed."), *links, ""]
    lines.append(_("You get this because of Subscription/%(id)s.") % {"id": subscription})
    message = EmailMessage(_("Something changed"), "\n".join(lines), to=[address])
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:
        raise NotDeliveredError("The mail server did not take the message.") from error
