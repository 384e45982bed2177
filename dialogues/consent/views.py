from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from dialogues.models import Level, SharingDecision, Voice
from dialogues.names import replacements
from dialogues.names.finding import pieces, propose
from regions.models import Reading
from regions.people.access import NotAllowed
from regions.people.acts import Act
from regions.people.limits import at_most
from regions.people.scope import TownRequest, town_page
from regions.readings.log import note_reading

from . import again
from . import sharing as rules
from .forms import ApproveForm, RefuseForm, ReplacementsForm
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
    doubtful = list(rules.doubtful(voices).select_related("shared")) if key == "waiting" else []
    context = {
        "tabs": tabs,
        "show": key,
        "page": page,
        "any": any(n for _, _, n in tabs),
        "doubtful": doubtful,
    }
    if request.standing.can(Act.SHARE):
        context["not_searched"] = again.not_searched(request.town, request.user)
    shown = [voice.pk for voice in (*doubtful, *page)]
    note_reading(request, Reading.Kind.SHARING, what=label, voices=shown)
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


@town_page(Act.SHARE)
def reword(request: TownRequest, number: int) -> HttpResponse:
    """What stands in the place of the names in this voice, here and in every other of the town."""
    voice = get_object_or_404(_seen(request), number=number)
    if request.method != "POST":
        return redirect("sharing-voice", code=request.town.code, number=number)
    form = ReplacementsForm(request.POST, choices=rules.read(voice)[1])
    if form.is_valid():
        try:
            rules.check_seen(voice, request.POST.get("seen", ""))
            replacements.choose(request.town, form.choices, form.typed(), form.seen())
        except (SharingError, NotAllowed) as error:
            form.add_error(None, error if isinstance(error, SharingError) else str(error))
        else:
            messages.success(request, "置きかえることばを決めました。案を作りなおしました。")
            url = reverse("sharing-voice", args=[request.town.code, number])
            return redirect(f"{url}?proposal=new#outside")
    return _page(request, voice, words_form=form)


@at_most(20)
@town_page(Act.SHARE)
def search_again(request: TownRequest) -> HttpResponse:
    """Approved texts, looked through with the lists of names as they are now."""
    if request.method == "POST":
        again.start(request.town, by=request.user)
        return redirect("sharing-again", code=request.town.code)
    job = again.newest(request.town, request.user)
    voices = _seen(request)
    context = {
        "job": job,
        "approved": rules.approved(voices).count(),
        "not_searched": again.not_searched(request.town, request.user),
        "doubtful": rules.doubtful(voices).count(),
    }
    part = "dialogues/_sharing_again.html" if request.htmx else "dialogues/sharing_again.html"  # type: ignore[attr-defined]
    return render(request, part, context)


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
    following = (
        rules.doubtful(_seen(request)).order_by("number").first()
        or left.filter(number__gt=voice.number).first()
        or left.first()
    )
    if following:
        return redirect("sharing-voice", code=request.town.code, number=following.number)
    messages.info(request, "確認を待っている声は、もうありません。")
    return redirect("sharing", code=request.town.code)


def _page(request: TownRequest, voice: Voice, **forms: object) -> HttpResponse:
    found, choices = rules.read(voice)
    shared = rules.shared_now(request.user).filter(voice=voice).first()
    anew = request.GET.get("proposal") == "new"
    proposal = shared.text if shared and not anew else propose(voice.text, found)
    context = {
        "voice": voice,
        "version": rules.version_of(voice),
        "pieces": pieces(voice.text, found),
        "cautions": rules.warnings(voice, found),
        "shared": shared,
        "new_names": rules.new_names(voice, shared) if shared else [],
        "decisions": SharingDecision.objects.visible_to(request.user)
        .filter(voice=voice)
        .select_related("decided_by"),
        "may_decide": request.standing.can(Act.SHARE) and voice.level != Level.C,
        "waiting": rules.waiting(_seen(request)).count(),
        "approve_form": ApproveForm(initial={"text": proposal}, auto_id="approve_%s"),
        "refuse_form": RefuseForm(auto_id="refuse_%s"),
        "words_form": ReplacementsForm(choices=choices),
    }
    note_reading(request, Reading.Kind.SHARING, what=voice.label, voices=[voice.pk])
    return render(request, "dialogues/sharing_voice.html", context | forms)
