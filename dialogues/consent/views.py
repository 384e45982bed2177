from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from dialogues.models import Level, SharingDecision, Voice
from regions.models import Reading
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page
from regions.readings.log import note_reading

from . import sharing as rules
from .forms import ApproveForm, RefuseForm
from .names import pieces, propose
from .sharing import SharingError

PER_PAGE = 50
TABS = (
    ("waiting", "確認を待っている声", rules.waiting),
    ("refused", "出さないと決めた声", rules.refused),
    ("approved", "出してよい声", rules.approved),
)


def _seen(request: TownRequest):
    return Voice.objects.visible_to(request.user).of(request.town).select_related("stakeholder")


@town_page(Act.HEAR)
def sharing(request: TownRequest) -> HttpResponse:
    """The queue: voices of level A and B, those that wait for the checker first."""
    voices = _seen(request)
    tabs = [(key, label, narrow(voices).count()) for key, label, narrow in TABS]
    show = request.GET.get("show", "")
    key, label, narrow = next((tab for tab in TABS if tab[0] == show), TABS[0])
    page = Paginator(narrow(voices).select_related("shared"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {"tabs": tabs, "show": key, "page": page, "any": any(n for _, _, n in tabs)}
    note_reading(request, Reading.Kind.SHARING, what=label, voices=[voice.pk for voice in page])
    return render(request, "dialogues/sharing.html", context)


@town_page(Act.HEAR)
def sharing_voice(request: TownRequest, number: int) -> HttpResponse:
    return _page(request, get_object_or_404(_seen(request), number=number))


@town_page(Act.SHARE)
def decide(request: TownRequest, number: int) -> HttpResponse:
    voice = get_object_or_404(_seen(request), number=number)
    if request.method != "POST":
        return redirect("sharing-voice", code=request.town.code, number=number)
    refusing = request.POST.get("decision") == "refuse"
    form = (
        RefuseForm(request.POST, auto_id="refuse_%s")
        if refusing
        else ApproveForm(request.POST, auto_id="approve_%s")
    )
    if form.is_valid() and _decided(request, voice, form, refusing=refusing):
        words = "出さないと決めました" if refusing else "町の外で読めるようにしました"
        messages.success(request, f"{voice.label}を、{words}。")
        return _to_next(request, voice)
    shown = {"refuse_form": form} if refusing else {"approve_form": form}
    return _page(request, voice, **shown)


def _decided(request: TownRequest, voice: Voice, form, *, refusing: bool) -> bool:
    try:
        rules.check_seen(voice, request.POST.get("seen", ""))
        if refusing:
            rules.refuse(voice, by=request.user, reason=form.cleaned_data["reason"])
        else:
            rules.approve(voice, text=form.cleaned_data["text"], by=request.user)
    except SharingError as error:
        form.add_error(None, error)
        return False
    return True


def _to_next(request: TownRequest, voice: Voice) -> HttpResponse:
    left = rules.waiting(_seen(request)).order_by("number")
    following = left.filter(number__gt=voice.number).first() or left.first()
    if following:
        return redirect("sharing-voice", code=request.town.code, number=following.number)
    messages.info(request, "確認を待っている声は、もうありません。")
    return redirect("sharing", code=request.town.code)


def _page(request: TownRequest, voice: Voice, **forms: object) -> HttpResponse:
    voice.municipality = request.town
    found = rules.found_in(voice)
    shared = rules.shared_now(request.user).filter(voice=voice).first()
    proposal = shared.text if shared else propose(voice.text, found)
    context = {
        "voice": voice,
        "version": rules.version_of(voice),
        "pieces": pieces(voice.text, found),
        "cautions": rules.warnings(voice, found),
        "shared": shared,
        "decisions": SharingDecision.objects.visible_to(request.user)
        .filter(voice=voice)
        .select_related("decided_by"),
        "may_decide": request.standing.can(Act.SHARE) and voice.level != Level.C,
        "waiting": rules.waiting(_seen(request)).count(),
        "approve_form": ApproveForm(initial={"text": proposal}, auto_id="approve_%s"),
        "refuse_form": RefuseForm(auto_id="refuse_%s"),
    }
    note_reading(request, Reading.Kind.SHARING, what=voice.label, voices=[voice.pk])
    return render(request, "dialogues/sharing_voice.html", context | forms)
