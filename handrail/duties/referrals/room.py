"""What this room offers."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_noop as _

from handrail.access.principal import CARE
from handrail.duties.referrals.actions.counting import track_records
from handrail.duties.referrals.actions.finding import unlooked
from handrail.duties.referrals.projections import PROJECTIONS
from handrail.duties.referrals.rules import follow_ups, following
from handrail.duties.referrals.screens import doing
from handrail.fhir.change import When
from handrail.fhir.referring import names
from handrail.record.registry import Reaction, Sweep
from handrail.room import Doing, Nav, Room, TaskKind

KINDS = (
    TaskKind(
        code=names.KIND,
        does=names.KIND,
        label=_("Referral"),
        verb=_("Follow up"),
        queue="referrals",
        minutes=5,
        ends_by_doing=True,
        may_wait=False,
    ),
    TaskKind(
        code=names.DECIDE,
        does=names.DECIDE,
        label=_("Next step of a referral"),
        verb=_("Decide"),
        queue="referrals",
        minutes=10,
    ),
    TaskKind(
        code=names.REVIEW,
        does=names.REVIEW,
        label=_("Referral to review"),
        verb=_("Review"),
        queue="referrals",
        minutes=5,
        ends_by_doing=True,
    ),
    TaskKind(
        code=names.NEED_CHECK,
        does=names.NEED_CHECK,
        label=_("Is the need met?"),
        verb=_("Ask"),
        queue="referrals",
        minutes=5,
    ),
)


ROOM = Room(
    name="referrals",
    title=_("Referrals"),
    # Every Task: one that somebody gave us is told how that stands which is part of it.
    writes=frozenset(
        {
            "Basic",
            "ServiceRequest",
            "Task",
            "Communication",
            "Procedure",
            "Observation",
            "DocumentReference",
            "Binary",
        }
    ),
    task_kinds=KINDS,
    doings=(
        Doing(name=names.KIND, panel=doing.hear),
        Doing(name=names.DECIDE, panel=doing.decide),
        Doing(name=names.REVIEW, panel=doing.close),
        Doing(name=names.NEED_CHECK, panel=doing.ask),
    ),
    nav=(Nav(label=_("Referrals"), url="/referrals", order=25, key="r", roles=CARE),),
    tabs=(Nav(label=_("Referrals"), url="/patients/{patient}/referrals", order=55, roles=CARE),),
    projections=PROJECTIONS,
    reactions=(
        Reaction(when=When(resource_type="Task", code=(names.KIND,)), decide=following.on_referral),
        Reaction(
            when=When(
                resource_type="ServiceRequest", becomes=("completed", "revoked"), existing=True
            ),
            decide=following.on_request_ended,
        ),
        Reaction(
            when=When(resource_type="Communication", category=(follow_ups.LATE_ANSWER,)),
            decide=following.on_late_answer,
        ),
        Reaction(
            when=When(resource_type="Communication", becomes=("not-done",), existing=True),
            decide=following.on_returned,
        ),
        Reaction(
            when=When(resource_type="Observation", code=("need-met",)),
            decide=following.on_need_told,
        ),
        Reaction(when=When(resource_type="Patient", existing=True), decide=following.on_death),
    ),
    sweeps=(
        Sweep(
            name="stalled-referrals",
            every=timedelta(hours=1),
            candidates=unlooked,
            decide=following.stalled,
            promises="Nobody looks at this open referral any more.",
        ),
    ),
    ways={
        "refer": "/patients/{patient}/referrals/new?for={about}",
        "referral": "/referrals/{about}",
    },
    offers={"track-record": track_records},
)
