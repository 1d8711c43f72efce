"""The rows of links that are answered without an account, and of the tries at them.

They hold nothing that opens a link: see :mod:`handrail.access.links_secrets`.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class Link(models.Model):
    """One receiver may look at one thing and answer, until it ends.

    ``lookup`` and ``reply`` are the digests by which it is found before anybody acts: of the id,
    and of the reply code that stands on a fax (None: it has none). ``address`` is where the link
    goes by ``channel`` ("mail", "sms", "fax"), ``factor_address`` where codes go by
    ``factor_channel``, on file here and not chosen by whoever opens the link; "fax" there means
    that the code is the one on the cover. ``turn`` counts the codes the link has had;
    ``code_until`` is set while one of them is good.
    """

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.TextField()
    lookup = models.BinaryField(unique=True)
    reply = models.BinaryField(unique=True, null=True)
    reply_turn = models.SmallIntegerField(default=0)
    purpose = models.TextField()
    subject = models.TextField()  # "Task/…"
    patient = models.TextField()
    recipient = models.TextField()  # "Organization/…"
    recipient_name = models.TextField()
    channel = models.TextField()
    address = models.TextField()
    factor_channel = models.TextField()
    factor_address = models.TextField()
    language = models.TextField(default="")
    turn = models.IntegerField(default=0)
    code_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    opened_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_link"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "subject"], name="access_link_subject")
        ]


class Tries(models.Model):
    """How often something was tried: wrong codes from an address, everywhere, at a link.

    It belongs to no organization: it is counted before anybody is known. ``digest`` is of what
    tried, ``until`` when counting begins anew.
    """

    pk = models.CompositePrimaryKey("kind", "digest")
    kind = models.TextField()
    digest = models.BinaryField()
    count = models.IntegerField()
    until = models.DateTimeField()

    class Meta:
        db_table = "access_tries"
