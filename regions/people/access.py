"""Who may do what: one table, and the only three ways to ask it.

`towns_where(user, act)` is the queryset (`in_towns` the rows of those towns), `Standing.check(act)`
the refusal in words, `Standing.can(act)` its boolean. The page 「できること」 is drawn from `TABLE`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Q
from django.utils import timezone

from regions.models.people import TOWN_ROLES, Membership, Role, User
from regions.models.places import Municipality, MunicipalityQuerySet, supported_now
from regions.office.prepared import prepared

from .acts import Act


class NotAllowed(PermissionDenied):
    """A refusal whose words a person can read on the page."""


S, K, C, H, X = (
    Role.STAFF,
    Role.CHECKER,
    Role.COORDINATOR,
    Role.SUPPORT_CENTER,
    Role.SECTION,
)
P, B, A, N = Role.PREFECTURE, Role.BUREAU, Role.ADVISOR, Role.NATION

OWN = "自分の町"
AREA = {P: "県内の町", B: "管内の町", A: "担当する町", N: "全国の町"}


def town(*roles: Role, words: str = OWN) -> dict[Role, str]:
    return dict.fromkeys(roles, words)


def area(*roles: Role, words: str = "") -> dict[Role, str]:
    return {role: AREA[role] + words for role in roles}


TABLE: dict[Act, dict[Role, str]] = {
    Act.SEE_TOWN: town(S, K, C, H, X) | area(P, B, A, N),
    Act.EDIT_TOWN: town(S, K),
    Act.SEE_BODIES: town(S, K, C, H, X) | area(P, B, A),
    Act.SEE_APPROACH: town(S, K, C, H),
    Act.EDIT_BODIES: town(S, K, C, H),
    Act.EDIT_OWN_BODY: town(X, words="自分の課のページだけ"),
    Act.READ_A: town(S, K, C, H, X),
    Act.READ_B: town(S, K, C, H),
    Act.READ_C: town(S, K),
    Act.READ_OWN: town(C, H, words="自分が聴いたもの"),
    Act.HEAR: town(S, K, C, H),
    Act.READ_SHARED_A: town(S, K, C, H) | area(P, B, A),
    Act.READ_SHARED_B: town(S, K, C, H) | area(P, B, words="のうち今年度の支援対象") | area(A),
    Act.SHARE: town(K),
    Act.SEE_WORDS: town(S, K, C, H, X) | area(P, B, A),
    Act.EDIT_WORDS: town(S, K, C, H),
    Act.SEE_STORIES: town(S, K, C, H, X) | area(P, B, A),
    Act.SEE_ISSUED_STORIES: area(N),
    Act.EDIT_STORIES: town(S, K, C),
    Act.SEE_PERSUASION: town(S, K, C, H) | area(A),
    Act.SEE_BRIEFS: town(S, K, C, H),
    Act.PREPARE_BRIEF: town(S, K, C),
    Act.PREPARE_COUNCIL_BRIEF: town(S, K),
    Act.APPROVE_BRIEF: town(K),
    Act.SEE_NOTES: town(S, K, C, H) | area(P, B, A),
    Act.ASK: area(P, B, A),
    Act.ANSWER: town(S, K, C),
    Act.SEE_HISTORY: town(S, K, C, H),
    Act.OVERVIEW: area(P, B, A, N),
    Act.MANAGE_PEOPLE: town(K),
    Act.SEE_ACCESS: town(S, K, C, H, X),
    Act.SEE_READINGS: town(K),
    Act.SEE_OWN_READINGS: town(S, K, C, H, X),
}

ONLY_WHERE_SUPPORTED = {Act.READ_SHARED_B: {P, B}}
"""B reaches a prefecture and a bureau only from towns with a support round this fiscal year."""


def may(role: Role | str, act: Act, *, supported: bool) -> bool:
    if role not in TABLE[act]:
        return False
    return supported or not _is_bound(role, act)


def _is_bound(role: Role | str, act: Act) -> bool:
    return role in ONLY_WHERE_SUPPORTED.get(act, ())


def towns_where(user: User, *acts: Act) -> MunicipalityQuerySet:
    """Towns in which the user may do at least one of the acts today."""
    where = Q(pk__in=())
    for act in acts:
        bound = ONLY_WHERE_SUPPORTED.get(act, set())
        always = [role for role in TABLE[act] if role not in bound]
        where |= _covered(user, always)
        if bound:
            where |= _covered(user, list(bound)) & supported_now()
    return Municipality.objects.filter(where)


def in_towns(user: User, *acts: Act) -> Q:
    """Rows of those towns. On a page of a town the answer is known, and no other is in question."""
    me = here(user)
    if me is None:
        return Q(municipality__in=towns_where(user, *acts))
    return Q(municipality=me.town.pk) if any(map(me.can, acts)) else Q(pk__in=())


def _covered(user: User, roles: list[Role]) -> Q:
    """Asked in the query itself, so that a term that ends is seen at once. What place a role has is
    held by the database (`membership_place_fits_role`), so only those places are asked that count."""
    held = Membership.objects.in_effect().filter(user=user.pk)
    where = Q(pk__in=())
    if of_towns := [role for role in roles if role in {*TOWN_ROLES, Role.ADVISOR}]:
        where |= Q(pk__in=held.filter(role__in=of_towns).values("municipality"))
    if Role.PREFECTURE in roles:
        where |= Q(prefecture__in=held.filter(role=Role.PREFECTURE).values("prefecture"))
    if Role.BUREAU in roles:
        where |= Q(prefecture__bureau__in=held.filter(role=Role.BUREAU).values("bureau"))
    if Role.NATION in roles:
        where |= Q(Exists(held.filter(role=Role.NATION)))
    return where


HELD = prepared(
    lambda user, day, town, prefecture, bureau: (
        Membership.objects.in_effect(day)
        .covering(town=town, prefecture=prefecture, bureau=bureau)
        .filter(user=user)
    )
)


@dataclass(frozen=True)
class Standing:
    """What one person may do in one town, today."""

    user: User
    town: Municipality

    @cached_property
    def memberships(self) -> list[Membership]:
        return HELD(
            user=self.user.pk,
            day=timezone.localdate(),
            **self.town.area_ids,
        )

    @cached_property
    def supported(self) -> bool:
        return Municipality.objects.supported().filter(pk=self.town.pk).exists()

    @cached_property
    def acts(self) -> frozenset[str]:
        """Values of Act; templates ask `"hear" in standing.acts`."""
        roles = {membership.role for membership in self.memberships}
        return frozenset(
            act.value
            for act in Act
            if any(
                may(role, act, supported=not _is_bound(role, act) or self.supported)
                for role in roles
            )
        )

    @property
    def sees_town(self) -> bool:
        """By what the person is alone, so that it can be asked before the town is opened."""
        return any(may(held.role, Act.SEE_TOWN, supported=False) for held in self.memberships)

    def can(self, act: Act) -> bool:
        return act.value in self.acts

    def check(self, *acts: Act) -> None:
        """At least one of the acts."""
        if not any(self.can(act) for act in acts):
            raise NotAllowed(refusal(acts[0]))

    def allows(self, check: Callable[[Standing], None]) -> bool:
        try:
            check(self)
        except NotAllowed:
            return False
        return True

    @property
    def of_town(self) -> bool:
        """Someone who works in the town itself, not one who walks alongside."""
        return any(membership.municipality_id and membership.role != Role.ADVISOR
                   for membership in self.memberships)  # fmt: skip

    @property
    def post(self) -> str:
        """How the person is named beside what was written here."""
        for membership in self.memberships:
            return membership.post or f"{membership.place} {membership.get_role_display()}"
        return ""


_here: ContextVar[Standing | None] = ContextVar("here", default=None)


def here(user: User) -> Standing | None:
    """What this person may do, on a page of a town: then what he sees can be asked more simply."""
    standing = _here.get()
    return standing if standing is not None and standing.user.pk == user.pk else None


@contextmanager
def standing_here(standing: Standing | None) -> Iterator[None]:
    """While the database shows what this person may see in this town, and nothing else."""
    token = _here.set(standing)
    try:
        yield
    finally:
        _here.reset(token)


def refusal(act: Act) -> str:
    who = "・".join(role.label for role in TABLE[act])
    return f"「{act.label}」ことができるのは、{who}の方です。"
