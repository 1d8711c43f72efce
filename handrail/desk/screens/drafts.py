"""Text that was typed and not saved yet: kept on the server, one draft a person and form."""

from __future__ import annotations

from datetime import timedelta

import orjson
from django.http import HttpResponse, JsonResponse
from django.utils import timezone

from handrail.access.marks import MemberRequest, open_to
from handrail.desk.models import Draft

LONGEST = 20_000  # characters
KEPT = timedelta(days=7)


@open_to()
def drafts(request: MemberRequest) -> HttpResponse:
    """Give back a draft (204: there is none), keep one, or forget one (empty content)."""
    principal = request.principal
    key = (request.POST if request.method == "POST" else request.GET).get("key", "")[:200]
    own = Draft.objects.filter(org=principal.org, person=principal.person)
    if request.method != "POST":
        found = own.filter(key=key, saved_at__gt=timezone.now() - KEPT).first()
        return JsonResponse(found.content) if found else HttpResponse(status=204)
    content = _content(request.POST.get("content", ""))
    own.filter(saved_at__lt=timezone.now() - KEPT).delete()
    own.filter(key=key).delete()
    if content and key:
        Draft.objects.create(
            org=principal.org,
            person=principal.person,
            key=key,
            content=content,
            saved_at=timezone.now(),
        )
    return HttpResponse(status=204)


def _content(text: str) -> dict[str, str]:
    """Return the fields of a draft; nothing if it is no draft of ours."""
    if not text or len(text) > LONGEST:
        return {}
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(content, dict):
        return {}
    texts = ((name, value) for name, value in content.items() if isinstance(value, str) and value)
    return {_kept(name): _kept(value) for name, value in texts}


def _kept(text: str) -> str:
    """Return the text without NUL, which PostgreSQL keeps in no text."""
    return text.replace("\x00", "")
