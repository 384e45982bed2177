"""The second lock on what was said."""

from dialogues.consent.erasing import erases
from regions.models import Draft
from regions.people.locks.doors import Worn
from regions.people.locks.policies import ADD, ALL, QUESTION, READ, WRITE, guard, lock, may

from .models import (
    Attendance,
    BoardAct,
    ConsentRecord,
    CopiedWords,
    Disposal,
    Erasure,
    Excerpt,
    Interview,
    Interviewer,
    NamesLeft,
    OpeningQuestions,
    Placement,
    Pseudonym,
    Recording,
    RecordingKey,
    RecordingRule,
    RetentionTerm,
    Sentence,
    SharedVoice,
    SharingDecision,
    Speaker,
    Split,
    Theme,
    ThemeNote,
    Transcript,
    TranscriptSpeaker,
    Voice,
    VoiceCounter,
    VoiceText,
    Withdrawal,
    WithdrawalRequest,
)

OWN = "user_id = tsumugi.person()"
HEARD = """voice.interview_id IN (
    SELECT interview_id FROM dialogues_interviewer WHERE user_id = tsumugi.person())"""


def stands(voice: str) -> str:
    """That this voice (SQL for its id) is not gone: what it said is read by nobody any more."""
    return f"NOT EXISTS (SELECT FROM dialogues_voice gone WHERE gone.id = {voice} AND gone.gone_at IS NOT NULL)"  # fmt: skip


def words_of(voices: str, *, pending: str = "false") -> str:
    """The words of those voices; the policies of the voices themselves hold too. `pending`: those
    whose withdrawal this role may decide on."""
    return (
        "EXISTS (SELECT FROM dialogues_voice voice"
        " WHERE voice.id = dialogues_voicetext.voice_id"
        f" AND (voice.gone_at IS NULL AND ({voices})"
        f" OR voice.gone_as = 'pending' AND ({pending})))"
    )


# What a voice said while it was kept to fewer than may read it now stays with them, unless it says
# the same now.
NEVER_NARROWER_SINCE = f"""
    (text, moved_note, sensitive_note) IN (
        SELECT present.text, present.moved_note, present.sensitive_note
          FROM dialogues_voicetext present
         WHERE present.id = dialogues_voicetextevent.voice_id)
    OR
    EXISTS (SELECT FROM dialogues_voice voice
             WHERE voice.id = dialogues_voicetextevent.voice_id AND {HEARD})
    OR NOT EXISTS (SELECT FROM dialogues_voiceevent then_or_later
                    WHERE then_or_later.id = dialogues_voicetextevent.voice_id
                      AND then_or_later.level = 'C'
                      AND then_or_later.pgh_created_at >= (
                          SELECT max(at_that_time.pgh_created_at)
                            FROM dialogues_voiceevent at_that_time
                           WHERE at_that_time.id = dialogues_voicetextevent.voice_id
                             AND at_that_time.pgh_created_at
                                 <= dialogues_voicetextevent.pgh_created_at))"""


def nothing_split_off_is_gone(texts: str) -> str:
    """Of the history of a table of texts: an older one may hold what was split off since, and
    withdrawn then, of a voice that began later, as said by the same person."""
    return f"""
    (voice_id, text) IN (SELECT present.voice_id, present.text FROM {texts} present)
    OR NOT EXISTS (SELECT FROM dialogues_voiceevent was
                     JOIN dialogues_voiceevent began ON began.interview_id = was.interview_id
                      AND began.stakeholder_id = was.stakeholder_id
                      AND began.speaker_id IS NOT DISTINCT FROM was.speaker_id
                      AND began.id > was.id AND began.pgh_label = 'insert'
                     JOIN dialogues_voice off ON off.id = began.id
                    WHERE was.id = {texts}event.voice_id
                      AND began.pgh_created_at >= {texts}event.pgh_created_at
                      AND off.gone_as IN ('pending', 'withdrawn', 'erased'))"""


NOTHING_SPLIT_OFF_IS_GONE = nothing_split_off_is_gone("dialogues_voicetext")
STANDING_WORDS = f"{stands('dialogues_voicetextevent.voice_id')} AND ({NOTHING_SPLIT_OFF_IS_GONE})"

# Level C is read by the town's staff and by who heard it; what is gone, by nobody.
lock(
    VoiceText,
    staff=may("select insert update", where=words_of("true", pending="true")),
    partner=may(
        "select insert update",
        where=words_of(f"voice.level IN ('A', 'B') OR {HEARD}", pending=HEARD),
    ),
    section=may("select", where=words_of("voice.level = 'A'")),
    counted=False,
    history={
        Worn.STAFF: STANDING_WORDS,
        Worn.CHECKER: STANDING_WORDS,
        Worn.PARTNER: f"({NEVER_NARROWER_SINCE}) AND {STANDING_WORDS}",
    },
)

# What can be counted of a voice, without its words. Those who walk alongside need it to see
# behind which words enough people stand; they get no number, no flag and no time.
lock(
    Voice,
    staff=WRITE,
    # Nobody makes readable for himself what he may not read, and a voice stays where it was heard.
    partner=may(
        "select insert update",
        changes="updated_at stakeholder_id speaker_id position prompt form moved after_talk"
        " sensitive level revision gone_at gone_as gone_by_id gone_key",
        only=f"level IN ('A', 'B') OR {HEARD.replace('voice.', '')}",
    ),
    section=READ,
    companion=may(
        "select",
        columns="id municipality_id interview_id stakeholder_id speaker_id prompt level revision"
        " position gone_at gone_as",
    ),
    clock=READ,
)
# What the listeners noted goes when all that was said was withdrawn, whatever is added afterwards.
NOT_ALL_WITHDRAWN = """observation = ''
    OR NOT EXISTS (SELECT FROM dialogues_voice last
                    WHERE last.interview_id = dialogues_interviewevent.id
                      AND last.gone_as IN ('pending', 'withdrawn', 'erased')
                      AND last.gone_at >= dialogues_interviewevent.pgh_created_at
                      AND NOT EXISTS (SELECT FROM dialogues_voice other
                                       WHERE other.interview_id = last.interview_id
                                         AND other.created_at <= last.gone_at
                                         AND (other.gone_at IS NULL
                                              OR other.gone_at > last.gone_at)))"""
OF_AN_OPEN_VOICE = "IN (SELECT {} FROM dialogues_voice WHERE level = 'A')"
lock(
    Interview,
    staff=WRITE,
    partner=WRITE,
    section=may("select", where=f"id {OF_AN_OPEN_VOICE.format('interview_id')}"),
    history=dict.fromkeys((Worn.STAFF, Worn.CHECKER, Worn.PARTNER), NOT_ALL_WITHDRAWN),
    clock=READ,
)
lock(Attendance, staff=ALL, partner=ALL)
lock(Interviewer, staff=ALL, partner=ALL, section=may("select", where=OWN))
lock(
    Speaker,
    staff=WRITE,
    partner=WRITE,
    section=may("select", where=f"id {OF_AN_OPEN_VOICE.format('speaker_id')}"),
    clock=READ,
)
lock(OpeningQuestions, staff=WRITE, partner=WRITE)
lock(VoiceCounter, staff=WRITE, partner=WRITE, counted=False)
READABLE = f"""EXISTS (
    SELECT FROM dialogues_voice voice
     WHERE voice.id = voice_id AND (voice.level IN ('A', 'B') OR {HEARD}))"""
# Why a voice may go further tells of the voice. A record without it tells no more than the voice's
# level does, and is asked back by who writes down what he may not read.
RECORDS = "recorded_by_id = tsumugi.person()"
lock(
    ConsentRecord,
    staff=may("select insert", adds=RECORDS),
    partner=may("select insert", where=f"reason = '' OR {READABLE}", adds=RECORDS),
)
guard(
    "dialogues_consentrecord",
    "who_may_not_read_it_records_no_other_consent",
    f"""current_user = 'tsumugi_partner'
     AND EXISTS (SELECT FROM public.dialogues_consentrecord before
                  WHERE before.voice_id = NEW.voice_id)
     AND NOT {READABLE.replace("= voice_id", "= NEW.voice_id")}""",
    on="INSERT",
)
lock(
    SharingDecision,
    staff=READ,
    checker=may("select insert", adds="decided_by_id = tsumugi.person()"),
    partner=may("select", where=READABLE),
    clock=READ,
)

# What stands for whose name is the checker's to say; outside the town nobody needs it.
lock(Pseudonym, staff=READ, checker=WRITE, partner=READ)
# It goes with the voice.
lock(
    NamesLeft,
    staff=may("select delete"),
    checker=ALL,
    partner=may("select delete", where=READABLE),
)

# Approved texts: B reaches who walks alongside as an advisor, or where the town is supported.
NEAR = """level = 'A'
    OR municipality_id = ANY ((SELECT tsumugi.advised())::bigint[])
    OR municipality_id IN (
        SELECT municipality_id FROM regions_supportround WHERE year = tsumugi.fiscal_year())"""
STANDING_SHARED = (
    f"{stands('dialogues_sharedvoiceevent.voice_id')}"
    f" AND ({nothing_split_off_is_gone('dialogues_sharedvoice')})"
)
lock(
    SharedVoice,
    staff=may("select delete"),
    checker=ALL,
    partner=may("select delete"),
    companion=may("select", where=NEAR),
    overview=may("select", where=NEAR),
    clock=READ,
    history={
        Worn.STAFF: STANDING_SHARED,
        Worn.CHECKER: STANDING_SHARED,
        Worn.PARTNER: f"{READABLE} AND {STANDING_SHARED}",
    },
)

lock(
    Theme,
    staff=WRITE,
    partner=WRITE,
    section=READ,
    companion=may(
        "select",
        # As SPEAKER_KEY counts them: a word behind which fewer than three stand stays in the town.
        where="""NOT closed AND 3 <= (
            SELECT count(DISTINCT coalesce(
                       's' || voice.speaker_id,
                       'u' || voice.interview_id || '-' || voice.stakeholder_id))
              FROM dialogues_placement placement
              JOIN dialogues_voice voice ON voice.id = placement.voice_id
             WHERE placement.theme_id = dialogues_theme.id AND voice.gone_at IS NULL)""",
    ),
)
lock(Placement, staff=ALL, partner=ALL, section=READ, companion=READ)
ACT = may("select insert", adds="by_id = tsumugi.person()")
lock(BoardAct, staff=ACT, partner=ACT, clock=READ)
lock(ThemeNote, staff=WRITE, partner=WRITE, companion=QUESTION)

# Who heard it reads C: nobody writes himself in where something was said already.
guard(
    "dialogues_interviewer",
    "who_did_not_hear_it_names_no_interviewer",
    """current_user = 'tsumugi_partner'
     AND EXISTS (SELECT FROM public.dialogues_voice
                  WHERE interview_id = coalesce(NEW.interview_id, OLD.interview_id))
     AND NOT EXISTS (SELECT FROM public.dialogues_interviewer
                      WHERE interview_id = coalesce(NEW.interview_id, OLD.interview_id)
                        AND user_id = tsumugi.person())""",
)

# That somebody withdrew: a partner sees his own, and those of what he heard.
lock(
    Withdrawal,
    staff=may("select insert", adds=RECORDS),
    partner=may(
        "select insert",
        where="""recorded_by_id = tsumugi.person() OR interview_id IN (
            SELECT interview_id FROM dialogues_interviewer WHERE user_id = tsumugi.person())""",
        adds=RECORDS,
    ),
    clock=READ,
)
# That somebody asks for a withdrawal: a partner sees his own, and decides on those of what he heard.
REQUEST_CHANGES = (
    "updated_at agreed_by_id due_at observation places outcome reason decided_by_id ended_at notes"
    " withdrawal_id"
)
HEARD_OF_IT = """interview_id IN (
    SELECT interview_id FROM dialogues_interviewer WHERE user_id = tsumugi.person())"""
lock(
    WithdrawalRequest,
    staff=may("select insert update", changes=REQUEST_CHANGES),
    partner=may(
        "select insert update",
        where=f"recorded_by_id = tsumugi.person() OR {HEARD_OF_IT}",
        changes=REQUEST_CHANGES,
        only=HEARD_OF_IT,
    ),
    clock=may("select update"),
)
guard(
    "dialogues_withdrawalrequest",
    "who_asks_for_a_withdrawal_signs_for_himself",
    """current_user IN ('tsumugi_staff', 'tsumugi_checker', 'tsumugi_partner')
     AND (NEW.recorded_by_id <> tsumugi.person() OR NEW.outcome <> '')""",
    on="INSERT",
)
NOT_HEARD_BY_A_PARTNER = """current_user = 'tsumugi_partner' AND NOT EXISTS (
         SELECT FROM public.dialogues_interviewer heard
          WHERE heard.interview_id = OLD.interview_id AND heard.user_id = tsumugi.person())"""
guard(
    "dialogues_voice",
    "who_did_not_hear_it_only_asks_to_withdraw",
    f"NEW.gone_as = 'withdrawn' AND OLD.gone_as <> 'withdrawn' AND {NOT_HEARD_BY_A_PARTNER}",
    on="UPDATE",
)
lock(RetentionTerm, staff=READ, checker=WRITE, partner=READ, clock=READ)
lock(
    Disposal,
    staff=READ,
    checker=may("select insert", adds="decided_by_id = tsumugi.person()"),
    partner=READ,
    clock=READ,
)
BY_ONESELF = may("select insert", adds="by_id = tsumugi.person()")
lock(Erasure, staff=BY_ONESELF, partner=BY_ONESELF, clock=ADD)
# Which voice was split off which, and no words.
lock(
    Split,
    staff=ADD,
    partner=may("select insert", where=READABLE),
    clock=READ,
    counted=False,
)
# Digests of what texts share with a voice, which stand in plain in those texts: what is hidden from
# whom is asked in each of their scopes.
lock(
    CopiedWords,
    staff=WRITE,
    partner=READ,
    section=READ,
    companion=READ,
    nation=READ,
    overview=READ,
    counted=False,
)
# What was recorded: the town's staff and who heard it, and no other partner, as with level C. What
# of it was not made a voice can be thrown away, and has no history.
HEARD_THERE = """interview_id IN (
    SELECT interview_id FROM dialogues_interviewer WHERE user_id = tsumugi.person())"""
lock(
    Transcript,
    staff=WRITE,
    partner=may("select insert update", where=HEARD_THERE, adds=HEARD_THERE),
    clock=may("select update"),
)
OF_WHAT_ONE_HEARD = f"""transcript_id IN (
    SELECT transcript.id FROM dialogues_transcript transcript WHERE transcript.{HEARD_THERE})"""
for raw in (TranscriptSpeaker, Sentence):
    lock(
        raw,
        staff=ALL,
        partner=may("select insert update delete", where=OF_WHAT_ONE_HEARD, adds=OF_WHAT_ONE_HEARD),
        clock=may("select delete"),
        counted=False,
    )
lock(RecordingRule, staff=READ, checker=WRITE, partner=READ)
lock(
    Recording,
    staff=WRITE,
    partner=may("select insert update", where=HEARD_THERE, adds=HEARD_THERE),
    clock=may("select update"),
)
OF_A_RECORDING_ONE_HEARD = f"""recording_id IN (
    SELECT recording.id FROM dialogues_recording recording WHERE recording.{HEARD_THERE})"""
lock(
    RecordingKey,
    staff=may("select insert delete"),
    partner=may(
        "select insert delete", where=OF_A_RECORDING_ONE_HEARD, adds=OF_A_RECORDING_ONE_HEARD
    ),
    clock=may("select delete"),
    counted=False,
)
# Which sentence a voice was, without the sentence.
lock(
    Excerpt,
    staff=ADD,
    partner=may("select insert", where=READABLE, adds=OF_WHAT_ONE_HEARD),
    section=may("select", where=f"voice_id {OF_AN_OPEN_VOICE.format('id')}"),
    clock=READ,
)

# Who deleted a voice may take that back, and who decides on a withdrawal may turn it down; what was
# withdrawn or erased stays so.
guard(
    "dialogues_voice",
    "gone_stays_gone",
    f"""current_user NOT IN ('tsumugi_owner', 'tsumugi_loader')
     AND OLD.gone_at IS NOT NULL
     AND NEW.gone_as NOT IN (OLD.gone_as, 'erased')
     AND (OLD.gone_as <> 'deleted' OR OLD.gone_by_id <> tsumugi.person())
     AND (OLD.gone_as <> 'pending' OR {NOT_HEARD_BY_A_PARTNER})""",
    on="UPDATE",
)

# What goes when a voice is erased (consent/erasing.py). Its number and how it was agreed to stay.
OF_IT = "voice_id = gone.id"
# Forms in which its words stand are sent there (dialogues/consent/gone.py: `drafts_of`).
PATHS_OF_A_VOICE = (
    "'^/m/[^/]+/(voices|sharing|interviews/', gone.interview_id, '/rows)/', gone.number, '/'"
)
# Older texts of the voice from which it was split. First, since they are known by its own words.
IN_THE_INTERVIEW = "SELECT id FROM public.dialogues_voice WHERE interview_id = gone.interview_id"
OF_ITS_WORDS = r"""text LIKE ANY (ARRAY(
         SELECT concat(chr(37), regexp_replace(own.text, '([_\\' || chr(37) || '])', '\\\1', 'g'), chr(37))
           FROM public.dialogues_voicetextevent own
          WHERE own.voice_id = gone.id AND own.text <> ''))"""
# And what was approved of it until then, in other words perhaps.
erases(
    SharedVoice,
    f"""voice_id IN (
        SELECT whole.voice_id FROM public.dialogues_voicetextevent whole
         WHERE whole.voice_id < gone.id AND whole.voice_id IN ({IN_THE_INTERVIEW})
           AND whole.{OF_ITS_WORDS})
     AND (voice_id, text) NOT IN (
         SELECT present.voice_id, present.text FROM public.dialogues_sharedvoice present)""",
    events="pgh_created_at <= gone.created_at",
)
erases(
    VoiceText,
    rf"""voice_id < gone.id AND voice_id IN ({IN_THE_INTERVIEW})
     AND (voice_id, text) NOT IN (
         SELECT DISTINCT ON (present.voice_id) present.voice_id, present.text
           FROM public.dialogues_voicetextevent present
          WHERE present.voice_id IN ({IN_THE_INTERVIEW})
          ORDER BY present.voice_id, present.pgh_id DESC)
     AND {OF_ITS_WORDS}""",
)
erases(VoiceText, OF_IT, blank=("text", "search_text", "moved_note", "sensitive_note"))
erases(SharedVoice, OF_IT)
erases(NamesLeft, OF_IT)
erases(Placement, OF_IT)
erases(ConsentRecord, OF_IT, blank=("reason",))
erases(SharingDecision, OF_IT)
erases(
    Draft,
    f"""municipality_id = gone.municipality_id AND (
         key = gone.entry_key OR path ~ concat({PATHS_OF_A_VOICE}))""",
)
erases(
    Sentence,
    """EXISTS (SELECT FROM public.dialogues_excerpt taken
                WHERE (taken.voice_id = gone.id OR taken.voice_id IN (
                           SELECT source_id FROM public.dialogues_split WHERE voice_id = gone.id))
                  AND taken.transcript_id = dialogues_sentence.transcript_id
                  AND dialogues_sentence.number BETWEEN taken.first AND taken.last)""",
    blank=("text",),
)
# With the last voice of an interview, what the listeners noted of it.
IS_THE_LAST = """NOT EXISTS (
        SELECT FROM public.dialogues_voice other
         WHERE other.interview_id = gone.interview_id AND other.id <> gone.id
           AND (other.gone_at IS NULL OR other.gone_as IN ('deleted', 'pending')))"""
erases(
    Draft,
    f"""municipality_id = gone.municipality_id AND {IS_THE_LAST}
     AND path ~ concat('/interviews/', gone.interview_id, '/edit/$')""",
)
erases(
    Interview,
    f"id = gone.interview_id AND {IS_THE_LAST}",
    blank=("observation",),
    events="observation <> ''",
)
erases(
    WithdrawalRequest,
    f"interview_id = gone.interview_id AND {IS_THE_LAST}",
    blank=("observation",),
)
